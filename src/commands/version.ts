import { renderVersion, type VersionDocument } from '../render/version.js';
import { EnimCommand } from './base.js';
import { buildDocument } from './build.js';

/** `enim version`, also typed `enim --version`: which version and build this is. */
export default class Version extends EnimCommand {
  static override summary = 'Print which version and which build of enim this is';

  static override description =
    'It names the commit that the program was built from and its date, and says if files were changed since. "unknown" is the commit of a build outside of a git repository. Nothing of the machine is asked.';

  static override examples = [
    '<%= config.bin %> version',
    '<%= config.bin %> --version',
    '<%= config.bin %> version --json',
  ];

  async run(): Promise<VersionDocument> {
    await this.parse(Version);
    const document = buildDocument(this.config.version);
    this.show(() => renderVersion(document));
    return document;
  }
}
