/** What it costs to start the executable at all. */

/** The executable, against a program that does nothing. */
export const startGroup = {
  title: 'start of a process',

  async prepare(bench) {
    const home = await bench.home({ enis: 1 });
    const start = (key, argv) => ({ run: async () => ({ [key]: (await home.run({ argv, env: home.env })).ms }) });
    return {
      contenders: [start('true', ['true']), start('version', [bench.enim, '--version'])],
      rows: [
        { key: 'true', label: 'true' },
        { key: 'version', label: 'enim --version', against: 'true' },
      ],
    };
  },
};
