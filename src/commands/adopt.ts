import { Args, Flags } from '@oclif/core';
import { cachedAdds } from '../compose/cache.js';
import { type Adoption, adopt } from '../manager/adopt.js';
import { EnimError } from '../model/errors.js';
import { parseOwner } from '../model/names.js';
import { commandLine } from '../model/paste.js';
import { renderAdoptions } from '../render/adoptions.js';
import { plural } from '../render/plural.js';
import { EnimCommand } from './base.js';
import { yesFlag } from './confirm.js';

/** `enim adopt`: records anew what a lost state file knew. */
export default class Adopt extends EnimCommand {
  static override summary = 'Record NICs that are in pods although nothing is recorded of them';

  static override description =
    `For when the state is lost: looks into every netns for NICs of ENIs and for NICs that carry enim's label, says whose each is by label, provider and the cache of container runtimes, and with --yes records it, so that "enim del" and the CNI plugin bring it home when the pod goes. Of a NIC nothing is changed but its label.`;

  static override examples = ['<%= config.bin %> adopt', '<%= config.bin %> adopt --yes'];

  static override args = { eni: Args.string({ ignoreStdin: true, description: 'only this ENI' }) };

  static override flags = {
    owner: Flags.string({
      helpValue: 'OWNER',
      description: 'whose ENI it is, as NAMESPACE/NAME, where nothing says so',
    }),
    'cache-dir': Flags.string({
      helpValue: 'DIR',
      default: '/var/lib/cni/results',
      description: 'where container runtimes keep what plugins answered',
    }),
    yes: yesFlag,
  };

  async run(): Promise<{ readonly written: boolean; readonly adoptions: readonly Adoption[] }> {
    const { args, flags, metadata } = await this.parse(Adopt);
    const owner = flags.owner === undefined ? null : parseOwner(flags.owner);
    if (owner !== null && args.eni === undefined) {
      throw new EnimError('INVALID_ARGUMENT', '--owner says whose one ENI is, and none is named.', {
        hint: `enim adopt ENI --owner ${owner}`,
      });
    }
    const { parts } = this.open(flags, 'adopt');
    const isNamed = metadata.flags['cache-dir']?.setFromDefault !== true;
    const cached = cachedAdds(flags['cache-dir'], isNamed, (message) => this.warn(message));
    const look = (write: boolean): Promise<readonly Adoption[]> =>
      adopt(parts, { write, eni: args.eni ?? null, owner, cached });
    const named = [
      ...(args.eni === undefined ? [] : [args.eni]),
      ...(owner === null ? [] : ['--owner', owner]),
      ...(isNamed ? ['--cache-dir', flags['cache-dir']] : []),
    ];
    const again = commandLine(['enim', 'adopt', ...named, '--yes']);
    let [written, adoptions] = [flags.yes, await look(flags.yes)];
    this.show(() => renderAdoptions(adoptions, written ? null : again, this.width()));
    const clear = adoptions.filter(({ attachment }) => attachment !== null).length;
    if (!written && clear > 0 && this.isAttended() && (await this.confirm(`Record ${plural(clear, 'ENI')}?`))) {
      [written, adoptions] = [true, await look(true)];
      this.show(() => renderAdoptions(adoptions, null, this.width()));
    }
    const failed = adoptions.filter(({ attachment, error }) => attachment !== null && error !== null);
    if (failed.length > 0) {
      throw new EnimError('STATE_UNWRITABLE', `${failed.length} of ${adoptions.length} ENIs could not be recorded.`, {
        details: failed.map(({ eni, error }) => `${eni}: ${error}`),
        hint: `mend what is said above, then: ${again}`,
      });
    }
    // A person was asked about those alone that are clear.
    if (flags.yes) refuseUnclear(adoptions.filter(({ attachment }) => attachment === null));
    return { written, adoptions };
  }
}

/**
 * Those of which nobody says whose they are, or which NIC is theirs.
 *
 * @throws EnimError AMBIGUOUS_LINK, UNSAFE
 */
function refuseUnclear([first, ...others]: readonly Adoption[]): void {
  if (first === undefined) return;
  const [subject, whose] =
    others.length === 0 ? ['1 ENI was', 'it is'] : [`${others.length + 1} ENIs were`, 'they are'];
  const unclear = [first, ...others];
  const ownable = unclear.find(({ error }) => error === null);
  const details = unclear.map(({ eni, where, evidence, error }) =>
    error === null ? `${eni}: ${evidence.join('; ')}` : `${eni}: ${where}`,
  );
  if (ownable === undefined) {
    throw new EnimError('AMBIGUOUS_LINK', `${subject} not recorded, for several devices could be its NIC.`, {
      details,
      hint: `remove what is no ENI, or give the ENI its pciAddress: enim where ${first.mac}`,
    });
  }
  throw new EnimError('UNSAFE', `${subject} not recorded, for it is not clear whose ${whose}.`, {
    details,
    hint: `enim adopt ${ownable.eni} --owner NAMESPACE/NAME --yes`,
  });
}
