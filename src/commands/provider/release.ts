import { Args } from '@oclif/core';
import { releaseByHand } from '../../manager/byhand.js';
import { parseOwner } from '../../model/names.js';
import { EnimCommand } from '../base.js';

/** `enim provider release`: frees what is held by hand. */
export default class ProviderRelease extends EnimCommand {
  static override summary = 'Free the ENI that is held by hand for an owner';

  static override description =
    'Succeeds when nothing is held. Refuses an ENI that is attached: that is what "enim del" is for.';

  static override examples = ['<%= config.bin %> provider release ops/reserve'];

  static override args = {
    owner: Args.string({ required: true, ignoreStdin: true, description: 'for whom it is held, as NAMESPACE/NAME' }),
  };

  async run(): Promise<{ readonly released: readonly string[] }> {
    const { args, flags } = await this.parse(ProviderRelease);
    const owner = parseOwner(args.owner);
    const { parts } = this.open(flags, `provider release ${owner}`);
    const released = (await releaseByHand(parts, owner)).map(({ id }) => id);
    this.show(() =>
      released.length === 0 ? `Nothing to do: no ENI is held for ${owner}.` : `${released.join(', ')} is free again.`,
    );
    return { released };
  }
}
