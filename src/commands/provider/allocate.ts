import { Args, Flags } from '@oclif/core';
import { allocateByHand } from '../../manager/byhand.js';
import type { Eni } from '../../model/eni.js';
import { parseOwner } from '../../model/names.js';
import { EnimCommand } from '../base.js';

/** `enim provider allocate`: holds an ENI without attaching it. */
export default class ProviderAllocate extends EnimCommand {
  static override summary = 'Hold an ENI for an owner without attaching it';

  static override description = 'Nobody else gets it, and gc leaves it alone, until: enim provider release OWNER.';

  static override examples = [
    '<%= config.bin %> provider allocate ops/reserve',
    '<%= config.bin %> provider allocate ops/reserve --eni eni-b',
  ];

  static override args = {
    owner: Args.string({ required: true, ignoreStdin: true, description: 'for whom, as NAMESPACE/NAME' }),
  };

  static override flags = { eni: Flags.string({ helpValue: 'ID', description: 'this ENI and no other' }) };

  async run(): Promise<{ readonly eni: Eni }> {
    const { args, flags } = await this.parse(ProviderAllocate);
    const owner = parseOwner(args.owner);
    const { parts } = this.open(flags, `provider allocate ${owner}`);
    const eni = await allocateByHand(parts, owner, flags.eni ?? null);
    this.show(() => `${eni.id} is held for ${owner}. To free it: enim provider release ${owner}`);
    return { eni };
  }
}
