import { Args } from '@oclif/core';
import type { NicView } from '../manager/where/view.js';
import { where } from '../manager/where/where.js';
import { renderWhere } from '../render/where.js';
import { bundleFlag, LookCommand } from './look.js';

interface WhereResult {
  /** The word that was asked for. */
  readonly asked: string;
  readonly nics: readonly NicView[];
}

/** `enim where`: finds a NIC. */
export default class Where extends LookCommand {
  static override summary = 'Find a NIC wherever it is, and say who holds it';

  static override description =
    `Looks at home, in every network namespace that a name, a process, a descriptor or a mount leads to, and on the bus. Says what keeps the network namespace alive, who has the ENI by the record, and what to do next. Finds NICs that are no ENIs, too. Nothing is changed.

A word that fits several NICs shows all of them.`;

  static override examples = [
    '<%= config.bin %> where eni-a',
    '<%= config.bin %> where eni0 --json',
    '<%= config.bin %> add default/web-0 --netns web-0 && <%= config.bin %> where default/web-0',
  ];

  static override args = {
    nic: Args.string({
      required: true,
      ignoreStdin: true,
      description:
        'an ENI ID, a MAC, a bus address (0000:00:05.0, 00:05.0, virtio3), an interface name, an owner as NAMESPACE/NAME, or a container ID or its start',
    }),
  };

  static override flags = { 'from-bundle': bundleFlag() };

  async run(): Promise<WhereResult> {
    const { args, flags } = await this.parse(Where);
    const { parts } = await this.look(flags, `where ${args.nic}`);
    const nics = await where(parts, args.nic);
    this.show(() => renderWhere(nics, { width: this.width(), now: parts.clock() }));
    return { asked: args.nic, nics };
  }
}
