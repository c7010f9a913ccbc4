import { Args } from '@oclif/core';
import { editSettings } from '../../compose/edit.js';
import { findLocations } from '../../config/locations.js';
import { EnimCommand } from '../base.js';

/** `enim config set`: changes one setting. */
export default class ConfigSet extends EnimCommand {
  static override summary = 'Change one setting; what would be invalid is refused';

  static override examples = [
    '<%= config.bin %> config set lockWait 5000',
    `<%= config.bin %> config set static.discover '{"driver":"ena"}'`,
  ];

  static override args = {
    key: Args.string({ required: true, ignoreStdin: true, description: 'dotted path' }),
    value: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'JSON, or a plain text; null takes the key out',
    }),
  };

  async run(): Promise<{ readonly key: string; readonly value: unknown }> {
    const { args, flags } = await this.parse(ConfigSet);
    const path = findLocations(process.env, this.overrides(flags)).config;
    const value = await editSettings(path, 'enim config set', (file) => file.set(args.key, args.value));
    const now = value === null ? 'is not set any more' : `is ${JSON.stringify(value)}`;
    this.log(`${args.key} ${now} in ${path}`);
    return { key: args.key, value };
  }
}
