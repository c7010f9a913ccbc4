/** What it costs to start the executable at all. */

/** The executable, against a program that does nothing. */
export const startGroup = {
  title: 'start of a process',

  async prepare(bench) {
    const home = await bench.home({ enis: 1 });
    const start = (key, argv, env = {}) => ({
      run: async () => ({ [key]: (await home.run({ argv, env: { ...home.env, ...env } })).ms }),
    });
    return {
      contenders: [
        start('true', ['true']),
        start('version', [bench.enim, '--version']),
        start('cni', [bench.enim], { CNI_COMMAND: 'VERSION' }),
      ],
      rows: [
        { key: 'true', label: 'true' },
        { key: 'version', label: 'enim --version', against: 'true' },
        { key: 'cni', label: 'VERSION of the CNI plugin', against: 'true' },
      ],
    };
  },
};
