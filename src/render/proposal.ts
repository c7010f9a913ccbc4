/** What `enim provider init` shows before it writes. */
import type { Proposal } from '../model/discover.js';
import { plural } from './plural.js';
import { table } from './table.js';

/** What would be managed, what is refused and why. */
export function renderProposal({ enis, refused, virtual }: Proposal, width: number | null): string {
  const rows = [
    ...enis.map(({ ifname, mac, pciAddress }) => [ifname, mac, pciAddress ?? '-', 'manage', '']),
    ...refused.map(({ name, mac, reasons }) => [name, mac, '-', 'refuse', reasons.join('; ')]),
  ];
  const lines =
    rows.length === 0
      ? ['There are no NICs to look at.']
      : [table(['nic', 'mac', 'bus', 'verdict', 'because'], rows, { width })];
  const left =
    virtual === 0
      ? []
      : [
          `${plural(virtual, 'virtual device')} ${virtual === 1 ? 'was' : 'were'} left out; to take some, name them: --name 'eni*'`,
        ];
  return [...lines, ...left].join('\n');
}
