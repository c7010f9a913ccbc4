import { uncordon } from '../manager/cordon.js';
import type { Cordon } from '../model/cordon.js';
import { whenAndWhy } from '../render/cordon.js';
import { EnimCommand } from './base.js';

/** `enim uncordon`: gives out ENIs again. */
export default class Uncordon extends EnimCommand {
  static override summary = 'Give out ENIs on this node again';

  static override description =
    'Takes back what "enim cordon" or "enim drain" has done. Succeeds when there is no cordon.';

  static override examples = ['<%= config.bin %> uncordon', '<%= config.bin %> cordon && <%= config.bin %> uncordon'];

  async run(): Promise<{ readonly former: Cordon | null }> {
    const { flags } = await this.parse(Uncordon);
    const { parts } = this.open(flags, 'uncordon');
    const former = await uncordon(parts);
    this.show(() =>
      former === null
        ? 'Nothing to do: the node is not cordoned.'
        : `ENIs are given out again; the node was cordoned${whenAndWhy(former, parts.clock())}.`,
    );
    return { former };
  }
}
