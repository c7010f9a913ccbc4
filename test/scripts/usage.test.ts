import { expect, it } from '@jest/globals';
import { Args, Command, Flags } from '@oclif/core';
import { createManifest } from '../../scripts/manifest.js';
import { PJSON } from '../commands/run.js';

class Act extends Command {
  static override args = {
    owner: Args.string({ required: true }),
    more: Args.string(),
  };

  static override flags = {
    json: Flags.boolean({ helpGroup: 'GLOBAL' }),
    eni: Flags.string({ helpValue: 'ID' }),
    force: Flags.boolean({ dependsOn: ['eni'] }),
    hard: Flags.boolean({ dependsOn: ['eni'] }),
    netns: Flags.string({ required: true }),
    check: Flags.boolean({ exclusive: ['evict', 'reason'] }),
    evict: Flags.boolean(),
    reason: Flags.string({ helpValue: 'TEXT' }),
    one: Flags.boolean({ char: 'o', exclusive: ['two'] }),
    two: Flags.boolean(),
    state: Flags.string({ multiple: true, options: ['free', 'used'] }),
    form: Flags.string({ options: ['one-long-value', 'and-another-long-one'] }),
    secret: Flags.boolean({ hidden: true }),
  };

  async run(): Promise<void> {}
}

it('has each flag as it can be given: alone what can be, and as alternatives only what excludes each other and nothing else', async () => {
  const { commands } = await createManifest(PJSON, { act: async () => ({ default: Act }) });

  expect(commands.act?.usage).toBe(
    [
      '<%= command.id %> OWNER [MORE] --netns NETNS [--eni ID [--force] [--hard]]',
      '[--check] [--evict] [--reason TEXT] [-o | --two] [--state free|used]... [--form FORM] [--json]',
    ].join(' '),
  );
});
