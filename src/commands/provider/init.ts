import { isDeepStrictEqual } from 'node:util';
import { Flags } from '@oclif/core';
import { editSettings } from '../../compose/edit.js';
import { openSettingsFile, type SettingsFile } from '../../config/edit.js';
import { type EniView, isAway, list } from '../../manager/list.js';
import { survey } from '../../manager/survey.js';
import { type Proposal, propose, type Replacement, replaceInventory } from '../../model/discover.js';
import { EnimError } from '../../model/errors.js';
import { plural } from '../../render/plural.js';
import { renderProposal } from '../../render/proposal.js';
import { EnimCommand } from '../base.js';
import { unattended, yesFlag } from '../confirm.js';

interface InitResult extends Proposal {
  readonly config: string;
  readonly written: boolean;
  /** IDs of ENIs that were in the inventory already and stay, because somebody has or may have them. */
  readonly kept: readonly string[];
}

/** `enim provider init`: writes an inventory of the node's spare NICs. */
export default class ProviderInit extends EnimCommand {
  static override summary = 'Look at the node’s NICs and write an inventory of those that it can spare';

  static override description =
    `Shows what would be managed, and what is refused and why: the NIC of the default route or of your SSH session, members of a bond or bridge, NICs with addresses. Addresses for the pods are for you to add: enim config set 'static.enis[0].ipv4' …`;

  static override examples = [
    '<%= config.bin %> provider init',
    '<%= config.bin %> provider init --driver ena --exclude ens5 --yes',
    `<%= config.bin %> provider init --name 'eni*' --yes`,
  ];

  static override flags = {
    driver: Flags.string({
      multiple: true,
      helpValue: 'NAME',
      description: 'only NICs of this kernel driver; may be repeated',
    }),
    name: Flags.string({ helpValue: 'PATTERN', description: 'only NICs with such a name; needed for virtual devices' }),
    exclude: Flags.string({
      multiple: true,
      helpValue: 'WHAT',
      description: 'not this name, pattern, MAC or bus address; may be repeated',
    }),
    yes: yesFlag,
    force: Flags.boolean({
      default: false,
      description:
        'replace an inventory that is there already; what was set of ENIs that stay is kept, and so is each one that is in use',
    }),
  };

  protected override mayLackSettings = true;

  async run(): Promise<InitResult> {
    const { flags } = await this.parse(ProviderInit);
    const { parts, settings, locations } = this.open(flags, 'provider init');
    const path = locations.config;
    if (parts.provider.registry !== undefined) {
      throw new EnimError(
        'INVALID_ARGUMENT',
        `The settings ${path} choose the provider ${parts.provider.name}, which needs no inventory.`,
        {
          details: ['An operator of the cluster makes its ENIs; what stood in the settings would not count.'],
          hint: 'see its ENIs: enim list; for an inventory all the same: enim config set provider static',
        },
      );
    }
    const rules = { driver: flags.driver ?? [], name: flags.name ?? null, exclude: flags.exclude ?? [] };
    const proposal = propose(await survey(parts.links), rules);
    this.show(() => renderProposal(proposal, this.width()));
    if (settings.static.enis.length > 0 && !flags.force) {
      throw new EnimError(
        'UNSAFE',
        `The settings ${path} have an inventory of ${settings.static.enis.length} ENIs already.`,
        {
          hint: 'to replace it, repeat with --force',
        },
      );
    }
    const replace = async (): Promise<Replacement & { readonly raw: readonly unknown[] }> => {
      const raw = inventoryIn(openSettingsFile(path));
      const before = settings.static.enis.map(({ id, mac, pciAddress }, index) => ({
        ...{ id, mac, pciAddress, raw: raw[index] },
      }));
      const inUse = (before.length > 0 ? await list(parts) : []).filter(isInUse).map(({ id }) => id);
      return { ...replaceInventory(before, proposal.enis, (id) => inUse.includes(id)), raw };
    };
    const replacement = await replace();
    const { entries, kept } = replacement;
    if (kept.length > 0) this.show(() => `Kept, for somebody has or may have them: ${kept.join(', ')}`);
    if (proposal.enis.length === 0) {
      throw new EnimError('NOT_THERE', 'No NIC of this node can be managed.', {
        hint: `attach an ENI to the node; or take virtual devices by name: enim provider init --name 'eni*'`,
      });
    }
    if (!flags.yes && !this.isAttended()) {
      throw unattended(`${plural(entries.length, 'ENI')} would be written to ${path}`);
    }
    if (!flags.yes) {
      if (!(await this.confirm(`Write ${plural(entries.length, 'ENI')} to ${path}?`))) {
        this.show(() => 'Nothing was written.');
        return { ...proposal, config: path, written: false, kept };
      }
      // A person takes his time.
      if (!isDeepStrictEqual(await replace(), replacement)) throw changedMeanwhile();
    }
    await editSettings(path, 'enim provider init', (file) => {
      if (!isDeepStrictEqual(inventoryIn(file), replacement.raw)) throw changedMeanwhile();
      file.set('static.enis', JSON.stringify(entries));
    });
    this.show(() => `Wrote ${plural(entries.length, 'ENI')} to ${path}. See them: enim list`);
    return { ...proposal, config: path, written: true, kept };
  }
}

/** As it was written, with what is not known of it too. */
function inventoryIn(file: SettingsFile): readonly unknown[] {
  return (file.all().static as { readonly enis?: readonly unknown[] } | undefined)?.enis ?? [];
}

function changedMeanwhile(): EnimError {
  return new EnimError('BUSY', 'Meanwhile the inventory was changed, or who has an ENI; nothing was written.', {
    hint: 'look at it anew, with the same command',
  });
}

/** Without its entry nobody would know whose the NIC is. */
function isInUse(view: EniView): boolean {
  return view.attachment !== null || isAway(view);
}
