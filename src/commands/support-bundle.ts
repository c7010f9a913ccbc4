import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { mustBeFree, writeBundle } from '../bundle/file.js';
import { bundleName, makeBundle } from '../compose/support.js';
import type { Level } from '../manager/doctor/finding.js';
import type { Missing } from '../model/bundle.js';
import { renderBundle } from '../render/bundle.js';
import { EnimCommand } from './base.js';
import { buildDocument } from './build.js';

interface BundleResult {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  /** Names of the files in it. */
  readonly files: readonly string[];
  /** What could not be read. */
  readonly missing: readonly Missing[];
  /** Files of which only the end is in it. */
  readonly shortened: readonly string[];
  /** What the doctor found; null if it could not look. */
  readonly problems: number | null;
  readonly warnings: number | null;
}

/** `enim support-bundle`: the node in a file. */
export default class SupportBundle extends EnimCommand {
  static override summary = 'Put all that is known of this node’s ENIs into one file, for somebody who is not on it';

  static override description =
    `Gathers settings, state and history, the links, addresses, routes and rules at home and in every network namespace, what the provider says, logs, versions, and the findings of enim doctor. enim list, show, where and doctor can be run on it anywhere: --from-bundle FILE.

Tokens, passwords, keys and certificates are taken out. Names of pods, addresses and paths stay in, for without them it says little. Look into it before you give it away; docs/support-bundle.md says what is in which file.

What cannot be read is left out, and said; without root that is much. Nothing on the node is changed.`;

  static override examples = [
    '<%= config.bin %> support-bundle',
    '<%= config.bin %> support-bundle --file node.tar.gz && <%= config.bin %> doctor --from-bundle node.tar.gz',
    '<%= config.bin %> support-bundle --json',
  ];

  static override flags = {
    file: Flags.string({
      helpValue: 'FILE',
      description: 'the file to write; one in this directory, named by host and time, unless told',
    }),
    force: Flags.boolean({ description: 'write over a file that is there already' }),
    log: Flags.string({ helpValue: 'FILE', multiple: true, description: 'a further log to put in; may be repeated' }),
    'conf-dir': Flags.string({
      helpValue: 'DIR',
      default: '/etc/cni/net.d',
      description: 'where runtimes look for network configurations',
    }),
  };

  async run(): Promise<BundleResult> {
    const { flags } = await this.parse(SupportBundle);
    const path = resolve(flags.file ?? bundleName(new Date()));
    mustBeFree(path, flags.force);
    const program = buildDocument(this.config.version);
    this.begin('support-bundle');
    const { content, files, missing, shortened, findings } = await makeBundle({
      env: process.env,
      overrides: this.overrides(flags),
      purpose: 'enim support-bundle',
      warn: (message) => this.warn(message),
      ...{ confDir: resolve(flags['conf-dir']), logs: flags.log ?? [] },
      ...{ program, enim: { version: program.version, commit: program.commit } },
      waits: (what) => this.progress.waits(what),
      onStep: (part) => this.progress.does(`gathering ${part}`),
    });
    writeBundle(path, content, flags.force);
    for (const { part, reason } of missing) this.warn(`not in the bundle: ${part}. ${reason}`);
    const count = (level: Level): number | null =>
      findings === null ? null : findings.filter((finding) => finding.level === level).length;
    const made = { path, bytes: content.length, problems: count('problem'), warnings: count('warning') };
    this.show(() => renderBundle({ ...made, files: files.length }));
    return { ...made, files, missing, shortened };
  }
}
