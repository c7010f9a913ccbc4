import { Flags } from '@oclif/core';
import { ENI_STATES, type EniView, list } from '../manager/list.js';
import { renderEnis } from '../render/enis.js';
import { EnimCommand } from './base.js';

interface ListResult {
  readonly enis: readonly EniView[];
}

/** `enim list`: shows all ENIs. */
export default class List extends EnimCommand {
  static override summary = 'Show every ENI: its state, where its NIC is, and who has it';

  static override description = `Joins what the provider says, what is recorded, and what the kernel shows.

States: free · used · releasing (on its way home) · orphan (held for a pod that is gone, or away from home without a record) · missing (no device) · quarantined (at home, but not to be given out; the note says why).`;

  static override examples = [
    '<%= config.bin %> list',
    '<%= config.bin %> list --state orphan --output name',
    '<%= config.bin %> list --output wide',
    '<%= config.bin %> list --json',
  ];

  static override flags = {
    state: Flags.string({
      multiple: true,
      options: ENI_STATES,
      description: 'only ENIs in this state; may be repeated',
    }),
    output: Flags.string({
      char: 'o',
      options: ['table', 'wide', 'json', 'name'],
      default: 'table',
      description: 'form of the output',
    }),
  };

  async run(): Promise<ListResult> {
    const { flags } = await this.parse(List);
    const { parts, locations } = this.open(flags, 'list');
    const all = await list(parts);
    const states = flags.state;
    const enis = states === undefined ? all : all.filter(({ state }) => states.includes(state));
    if (flags.output === 'json') this.log(JSON.stringify({ enis }, null, 2));
    else if (flags.output === 'name') for (const { id } of enis) this.log(id);
    else
      this.show(() =>
        renderEnis(enis, {
          wide: flags.output === 'wide',
          width: this.width(),
          now: parts.clock(),
          config: locations.config,
        }),
      );
    return { enis };
  }
}
