import { Flags } from '@oclif/core';
import { type ClusterEniView, listCluster } from '../manager/cluster.js';
import { ENI_STATES, type EniView, list } from '../manager/list.js';
import { originOf } from '../manager/origin.js';
import { ENI_COLUMNS, select } from '../manager/select.js';
import type { Cordon } from '../model/cordon.js';
import { EnimError } from '../model/errors.js';
import { parseNodeName } from '../model/names.js';
import { renderChange } from '../render/changes.js';
import { renderCluster } from '../render/cluster.js';
import { renderCordoned } from '../render/cordon.js';
import { type EnisOptions, enisAsCsv, renderEnis, renderWatched } from '../render/enis.js';
import { folded } from '../render/fold.js';
import { styleFor } from '../render/style.js';
import { visible } from '../render/visible.js';
import { yaml } from '../render/yaml.js';
import { bundleFlag, LookCommand, type Scene } from './look.js';
import { selectionFlags, selectionOf } from './selection.js';
import { watch } from './watch.js';

interface ListResult {
  readonly enis: readonly EniView[] | readonly ClusterEniView[];
  /** Null unless this node is cordoned; absent where the ENIs are not those of this node alone. */
  readonly cordon?: Cordon | null;
}

/** `enim list`: shows all ENIs. */
export default class List extends LookCommand {
  static override summary = 'Show every ENI: its state, where its NIC is, and who has it';

  static override description = `Joins what the provider says, what is recorded, and what the kernel shows.

States: free · used · shared (in Secondary mode: pods get addresses of it) · releasing (on its way home) · orphan (held for a pod that is gone, or away from home without a record) · missing (no device) · quarantined (at home, but not to be given out; the note says why).

A table that is wider than the terminal leaves out what one can do without, and says so. Columns for --sort and --filter: ${ENI_COLUMNS.join(', ')}; for --sort also age.

Of other nodes only the objects of the cluster are looked at (provider kubernetes); what is neither free nor used has the state that they name: enim list --all-nodes --state free.`;

  static override examples = [
    '<%= config.bin %> list',
    '<%= config.bin %> list --state orphan --output name',
    '<%= config.bin %> list --output wide',
    "<%= config.bin %> list --filter 'state!=free,owner=default/*' --sort=-age",
    '<%= config.bin %> list --output csv',
    '<%= config.bin %> list --watch',
    '<%= config.bin %> list --json',
  ];

  static override flags = {
    state: Flags.string({
      multiple: true,
      options: ENI_STATES,
      description: 'only ENIs in this state; may be repeated',
    }),
    ...selectionFlags,
    watch: Flags.boolean({
      char: 'w',
      description:
        'stay, and show each change as it happens: in place on a terminal, else a line a change; Ctrl-C ends it',
    }),
    output: Flags.string({
      char: 'o',
      options: ['table', 'wide', 'json', 'yaml', 'csv', 'name'],
      default: 'table',
      description: 'form of the output',
    }),
    node: Flags.string({
      helpValue: 'NAME',
      exclusive: ['all-nodes', 'filter', 'sort', 'watch'],
      description: 'those of this node of the cluster',
    }),
    'all-nodes': Flags.boolean({
      exclusive: ['filter', 'sort', 'watch'],
      description: 'those of all nodes of the cluster',
    }),
    'from-bundle': bundleFlag(['watch']),
  };

  async run(): Promise<ListResult | undefined> {
    const { flags } = await this.parse(List);
    const selection = selectionOf(flags);
    if (this.jsonEnabled()) refuseOtherForm(flags.output);
    const context = await this.look(flags, 'list');
    const { parts, locations } = context;
    const isAsked = ({ state }: { readonly state: string }): boolean => flags.state?.includes(state) ?? true;
    const look = async (): Promise<{ readonly known: number; readonly enis: readonly EniView[] }> => {
      const all = await list(parts);
      return { known: all.length, enis: select(all.filter(isAsked), selection) };
    };
    const options = (known: number): EnisOptions => ({
      wide: flags.output === 'wide',
      width: this.width(),
      style: styleFor(process.stdout, process.env),
      now: parts.clock(),
      known,
      config: locations.config,
      origin: originOf(parts.provider),
    });
    const node = flags.node === undefined ? null : parseNodeName(flags.node);
    if (node !== null || flags['all-nodes']) {
      const enis = (await listCluster(parts, node)).filter(isAsked);
      await this.print({ enis }, flags.output, (wide) =>
        renderCluster(enis, { wide, node, width: this.width(), now: parts.clock() }),
      );
      return { enis };
    }
    if (flags.watch) {
      await this.watch(context, look, { output: flags.output, options });
      return undefined;
    }
    const { known, enis } = await look();
    const cordon = parts.cordon.find();
    if (flags.output === 'csv') this.showWhole(() => enisAsCsv(enis));
    else
      await this.print({ enis, cordon }, flags.output, () =>
        withCordon(renderEnis(enis, options(known)), cordon, parts.clock()),
      );
    return { enis, cordon };
  }

  private async print(result: ListResult, output: string, render: (wide: boolean) => string): Promise<void> {
    if (output === 'csv') {
      throw new EnimError('INVALID_ARGUMENT', '--output csv has the columns of this node’s own ENIs.', {
        hint: 'for those of other nodes use --output json or yaml',
      });
    }
    if (output === 'json') this.log(JSON.stringify(result, null, 2));
    else if (output === 'yaml') this.log(await yaml(result));
    else if (output === 'name') for (const { id } of result.enis) this.log(visible(id));
    else this.show(() => render(output === 'wide'));
  }

  private async watch(
    { parts, changes }: Scene,
    look: () => Promise<{ readonly known: number; readonly enis: readonly EniView[] }>,
    { output, options }: { readonly output: string; options(known: number): EnisOptions },
  ): Promise<void> {
    if (['yaml', 'csv', 'name'].includes(output)) {
      throw new EnimError('INVALID_ARGUMENT', `--output ${output} is for one look; --watch goes on.`, {
        hint: 'enim list --watch --json, which prints one document a line',
      });
    }
    this.progress.stop();
    const isJson = this.jsonEnabled() || output === 'json';
    let known = 0;
    await watch({
      listen: changes,
      look: async () => {
        const seen = await look();
        known = seen.known;
        return seen.enis;
      },
      clock: parts.clock,
      page:
        isJson || !process.stdout.isTTY
          ? null
          : (enis, trouble) =>
              folded(
                withCordon(renderWatched(enis, options(known), trouble), parts.cordon.find(), parts.clock()),
                this.width(),
              ),
      line: (change) => (isJson ? JSON.stringify(change) : renderChange(change)),
      warn: (message) => this.warn(message),
    });
  }
}

/** `-o table` and `wide` are for people, whom --json does not mean. */
function refuseOtherForm(output: string): void {
  if (!['yaml', 'csv', 'name'].includes(output)) return;
  throw new EnimError('INVALID_ARGUMENT', `--output ${output} and --json exclude each other.`, {
    hint: `enim list --output ${output}`,
  });
}

function withCordon(page: string, cordon: Cordon | null, now: Date): string {
  return cordon === null ? page : `${page}\n${renderCordoned(cordon, now)}`;
}
