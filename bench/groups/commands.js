/** The commands that change nothing, cold, on a node that is full: what a person waits for. */
import { enim } from '../contenders.js';

const ENIS = 64;
const AWAY = 32;

/** What each of them may take, in milliseconds: beyond it one feels that one waits. */
const GOAL_MS = 150;

const COMMANDS = [
  ...['list', 'list -o wide', 'list --json', 'list -o csv', 'show eni-1', 'where eni-1', 'history', 'doctor'],
  ...['gc --dry-run --grace 0', 'drain --check', 'metrics', 'adopt', 'provider', 'provider list', 'config get'],
  ...['version', 'list --help', 'complete -- show eni-'],
];

/** A node with 64 ENIs, every second of them in a pod. */
export const commandsGroup = {
  title: `commands that change nothing, ${ENIS} ENIs, ${AWAY} of them in pods`,

  async prepare(bench) {
    const home = await bench.home({ enis: ENIS });
    const adds = home.pods(AWAY).map((pod, index) => enim(bench.enim, home, `bench/web-${index}`, pod).add);
    await home.run(...adds);
    const contender = (command) => {
      // Some end with 1, for what they find: that is their answer, not a failure.
      const argv = ['sh', '-c', `"$0" "$@" >/dev/null 2>&1 || [ $? = 1 ]`, bench.enim, ...command.split(' ')];
      return { run: async () => ({ [command]: (await home.run({ argv, env: home.env })).ms }) };
    };
    return {
      contenders: COMMANDS.map(contender),
      rows: COMMANDS.map((command) => ({ key: command, label: `enim ${command}`, against: null })),
      conclude,
    };
  },
};

function conclude(statistics) {
  const over = COMMANDS.filter((command) => statistics[command].median > GOAL_MS);
  const goal = `goal: a median of at most ${GOAL_MS} ms`;
  return [over.length === 0 ? `${goal}, which all of them keep` : `${goal}; over it: enim ${over.join(', enim ')}`];
}
