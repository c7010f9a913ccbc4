import { Flags } from '@oclif/core';
import { type ClusterEniView, listCluster } from '../manager/cluster.js';
import { ENI_STATES, type EniView, list } from '../manager/list.js';
import { originOf } from '../manager/origin.js';
import type { Cordon } from '../model/cordon.js';
import { parseNodeName } from '../model/names.js';
import { renderCluster } from '../render/cluster.js';
import { renderCordoned } from '../render/cordon.js';
import { renderEnis } from '../render/enis.js';
import { EnimCommand } from './base.js';

interface ListResult {
  readonly enis: readonly EniView[] | readonly ClusterEniView[];
  /** Null unless this node is cordoned; absent where the ENIs are not those of this node alone. */
  readonly cordon?: Cordon | null;
}

/** `enim list`: shows all ENIs. */
export default class List extends EnimCommand {
  static override summary = 'Show every ENI: its state, where its NIC is, and who has it';

  static override description = `Joins what the provider says, what is recorded, and what the kernel shows.

States: free · used · shared (in Secondary mode: pods get addresses of it) · releasing (on its way home) · orphan (held for a pod that is gone, or away from home without a record) · missing (no device) · quarantined (at home, but not to be given out; the note says why).

Of other nodes only the objects of the cluster are looked at (provider kubernetes); what is neither free nor used has the state that they name: enim list --all-nodes --state free.`;

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
    node: Flags.string({
      helpValue: 'NAME',
      exclusive: ['all-nodes'],
      description: 'those of this node of the cluster',
    }),
    'all-nodes': Flags.boolean({ description: 'those of all nodes of the cluster' }),
  };

  async run(): Promise<ListResult> {
    const { flags } = await this.parse(List);
    const { parts, locations } = this.open(flags, 'list');
    const isAsked = ({ state }: { readonly state: string }): boolean => flags.state?.includes(state) ?? true;
    const node = flags.node === undefined ? null : parseNodeName(flags.node);
    if (node !== null || flags['all-nodes']) {
      const enis = (await listCluster(parts, node)).filter(isAsked);
      this.print({ enis }, flags.output, (wide) =>
        renderCluster(enis, { wide, node, width: this.width(), now: parts.clock() }),
      );
      return { enis };
    }
    const enis = (await list(parts)).filter(isAsked);
    const cordon = parts.cordon.find();
    this.print({ enis, cordon }, flags.output, (wide) => {
      const { clock, provider } = parts;
      const options = { wide, width: this.width(), now: clock(), config: locations.config, origin: originOf(provider) };
      const table = renderEnis(enis, options);
      return cordon === null ? table : `${table}\n${renderCordoned(cordon, clock())}`;
    });
    return { enis, cordon };
  }

  private print(result: ListResult, output: string, render: (wide: boolean) => string): void {
    if (output === 'json') this.log(JSON.stringify(result, null, 2));
    else if (output === 'name') for (const { id } of result.enis) this.log(id);
    else this.show(() => render(output === 'wide'));
  }
}
