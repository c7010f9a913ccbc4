/** The command line of the bench. */
import { parseArgs } from 'node:util';

/** What can be measured, in the order of the table. */
export const GROUP_NAMES = [
  ...['add', 'dual', 'start', 'list', 'commands', 'gc', 'resources', 'burst', 'kubernetes'],
  ...['agent', 'crowd', 'rest', 'cluster'],
];

/** The help text. */
export const USAGE = `Usage: npm run bench -- [--rounds N] [--only NAME]... [--json]

  --rounds N   30 unless told; what takes seconds does not take part in each
  --only NAME  only this group; can be repeated: ${GROUP_NAMES.join(', ')}
  --json       print a document instead of the table

CNI_PATH says where host-device and static are to be found, if not in /usr/lib/cni. KUBEBUILDER_ASSETS names the directory of
etcd and kube-apiserver; without it kubernetes and cluster are skipped.
`;

/**
 * Reads the argument vector.
 *
 * @throws Error that says what is wrong with it
 */
export function parseOptions(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      rounds: { type: 'string', default: '30' },
      only: { type: 'string', multiple: true, default: GROUP_NAMES },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds is "${values.rounds}", not a number from 1 up.`);
  const unknown = values.only.find((name) => !GROUP_NAMES.includes(name));
  if (unknown !== undefined) throw new Error(`--only is "${unknown}", which is none of: ${GROUP_NAMES.join(', ')}.`);
  return { ...values, rounds };
}
