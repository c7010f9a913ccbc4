/**
 * The node's own agents: whoever gives a NIC an address, a route or another name behind our back undoes what enim restores
 * (amazon-ec2-net-utils#100, amazon-vpc-cni-k8s#3162).
 */
import { type Finding, inOrder, warning } from './finding.js';
import type { Patient } from './patient.js';

interface Agent {
  readonly name: string;
  /** Its process, as the kernel has the name. */
  readonly process: string;
  /** Which of the drop-ins is for it. */
  readonly dropIn: RegExp;
  readonly consequence: string;
}

const AGENTS: readonly Agent[] = [
  {
    name: 'NetworkManager',
    process: 'NetworkManager',
    dropIn: /\/NetworkManager\//,
    consequence: 'it may give addresses and routes to a NIC that comes home',
  },
  {
    name: 'systemd-networkd',
    process: 'systemd-network',
    dropIn: /\.network$/,
    consequence: 'it may give addresses and routes to a NIC that comes home',
  },
  {
    name: 'systemd-udevd',
    process: 'systemd-udevd',
    dropIn: /\.link$/,
    consequence: 'it may give a NIC that comes home an alternative name, which can be in the way of its own',
  },
];

/** @param macs of the ENIs; undefined if they are not known */
export function checkAgents({ host, dropIns }: Patient, macs: readonly string[] | undefined): readonly Finding[] {
  const running = new Set(host.processes().map(({ name }) => name));
  return AGENTS.map((agent) => {
    const path = dropIns.find((each) => agent.dropIn.test(each));
    const content = path === undefined ? undefined : host.read(path);
    return judgeAgent(agent, running.has(agent.process), { path: path ?? '', content }, macs);
  });
}

function judgeAgent(
  { name, consequence }: Agent,
  isRunning: boolean,
  { path, content }: { readonly path: string; readonly content: string | undefined },
  macs: readonly string[] | undefined,
): Finding {
  if (!isRunning) return inOrder('agent', name, 'it does not run');
  if (macs?.length === 0) return inOrder('agent', name, 'it runs, but no ENI is known that it could touch');
  const left = macs?.filter((mac) => content?.toLowerCase().includes(mac) !== true) ?? [];
  if (content !== undefined && left.length === 0)
    return inOrder('agent', name, `it runs, and leaves the ENIs alone by ${path}`);
  return warning('agent', name, {
    evidence:
      content === undefined ? `it runs, and ${path} does not exist` : `it runs, and ${path} lacks ${left.join(', ')}`,
    consequence,
    mend: 'enim install --unmanaged',
  });
}
