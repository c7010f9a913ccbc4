import { REVISION, TARGET } from '../build.js';
import { renderVersion, type VersionDocument } from '../render/version.js';
import { EnimCommand } from './base.js';

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
    const { bun, node } = process.versions;
    const document: VersionDocument = {
      version: this.config.version,
      commit: REVISION?.commit ?? null,
      date: REVISION?.date ?? null,
      modified: REVISION?.modified ?? null,
      runtime: bun === undefined ? { name: 'Node.js', version: node } : { name: 'Bun', version: bun },
      target: TARGET ?? null,
    };
    this.show(() => renderVersion(document));
    return document;
  }
}
