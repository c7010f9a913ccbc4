import { findLocations, type Locations } from '../../config/locations.js';
import { EnimCommand } from '../base.js';

/** `enim config path`: where settings, state and locks are. */
export default class ConfigPath extends EnimCommand {
  static override summary = 'Print where the settings are';

  static override examples = ['<%= config.bin %> config path', '$EDITOR "$(<%= config.bin %> config path)"'];

  async run(): Promise<Locations> {
    const { flags } = await this.parse(ConfigPath);
    const locations = findLocations(process.env, this.overrides(flags));
    this.log(locations.config);
    return locations;
  }
}
