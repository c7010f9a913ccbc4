import { Flags } from '@oclif/core';
import { cordon } from '../manager/cordon.js';
import { type Cordon, parseReason } from '../model/cordon.js';
import { renderCordoned } from '../render/cordon.js';
import { EnimCommand } from './base.js';

/** `enim cordon`: gives out no more ENIs on this node. */
export default class CordonCommand extends EnimCommand {
  static override summary = 'Give out no more ENIs on this node; pods that have one keep it';

  static override description =
    `When it returns, no add is left that began before: each has ended, or is refused (exit 3). del, gc, and repeated adds of attachments that stand go on working. It outlives a reboot. Repeated it changes nothing but the reason, if one is given.`;

  static override examples = [
    '<%= config.bin %> cordon',
    '<%= config.bin %> cordon --reason "kernel upgrade"',
    '<%= config.bin %> cordon --json',
  ];

  static override flags = {
    reason: Flags.string({ helpValue: 'TEXT', description: 'why; it is told to whoever asks for an ENI' }),
  };

  async run(): Promise<{ readonly cordon: Cordon }> {
    const { flags } = await this.parse(CordonCommand);
    const reason = flags.reason === undefined ? null : parseReason(flags.reason);
    const { parts } = this.open(flags, 'cordon');
    const standing = await cordon(parts, reason);
    this.show(() => renderCordoned(standing, parts.clock()));
    return { cordon: standing };
  }
}
