import { Args } from '@oclif/core';
import { type Portrait, show } from '../manager/show.js';
import { renderShow } from '../render/show.js';
import { bundleFlag, LookCommand } from './look.js';

interface ShowResult {
  /** The word that was asked for. */
  readonly asked: string;
  readonly nics: readonly Portrait[];
}

/** `enim show`: everything about one ENI. */
export default class Show extends LookCommand {
  static override summary = 'Show everything about an ENI: where it is, who has it, and who had it';

  static override description =
    `Takes the words of "enim where", and shows all that they fit; also ENIs that are missing. Traffic and errors are the kernel's counters, wherever the NIC is. Nothing is changed.`;

  static override examples = [
    '<%= config.bin %> show eni-a',
    '<%= config.bin %> show eni0 --json',
    '<%= config.bin %> add default/web-0 --netns web-0 && <%= config.bin %> show default/web-0',
  ];

  static override args = {
    nic: Args.string({
      required: true,
      ignoreStdin: true,
      description:
        'an ENI ID, a MAC, a bus address, an interface name, an owner as NAMESPACE/NAME, or a container ID or its start',
    }),
  };

  static override flags = { 'from-bundle': bundleFlag() };

  async run(): Promise<ShowResult> {
    const { args, flags } = await this.parse(Show);
    const { parts } = await this.look(flags, `show ${args.nic}`);
    const nics = await show(parts, args.nic);
    this.show(() => renderShow(nics, { width: this.width(), now: parts.clock() }));
    return { asked: args.nic, nics };
  }
}
