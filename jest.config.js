/** Tests run on the TypeScript source as ES modules; only test/e2e runs the built executable. */
export default {
  testEnvironment: 'node',
  // The end-to-end tests mostly wait for the kernel, so they gain by more workers than there are cores to spare.
  maxWorkers: 3,
  roots: ['<rootDir>/test'],
  // Walks are for those who ask for them, and look at what they find.
  testMatch: ['**/*.test.ts', ...(process.env.ENIM_WALKS ? ['**/sequences/walks.ts'] : [])],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
};
