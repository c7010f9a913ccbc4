import { Args } from '@oclif/core';
import { openSettingsFile } from '../../config/edit.js';
import { findLocations } from '../../config/locations.js';
import { EnimCommand } from '../base.js';

/** `enim config get`: one setting, or all of them. */
export default class ConfigGet extends EnimCommand {
  static override summary = 'Print one setting, or all of them, as they stand in the file';

  static override examples = [
    '<%= config.bin %> config get',
    '<%= config.bin %> config get provider',
    '<%= config.bin %> config get static.enis[0].mac',
  ];

  static override args = {
    key: Args.string({ ignoreStdin: true, description: 'dotted path, such as static.enis[0].mac' }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ConfigGet);
    const file = openSettingsFile(findLocations(process.env, this.overrides(flags)).config);
    const value = args.key === undefined ? file.all() : file.get(args.key);
    this.log(typeof value === 'string' ? value : JSON.stringify(value, null, 2));
    return value;
  }
}
