import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { mustBeFree, writeBundle } from '../bundle/file.js';
import type { Level } from '../manager/doctor/finding.js';
import type { Missing } from '../model/bundle.js';
import { renderBundle } from '../render/bundle.js';
import { bundleName, makeBundle } from '../support.js';
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

/** What is faster than this needs no word. */
const SILENCE_MS = 1_000;

/** `enim support-bundle`: the node in a file. */
export default class SupportBundle extends EnimCommand {
  static override summary = 'Put all that is known of this node’s ENIs into one file, for somebody who is not on it';

  static override description =
    `Gathers settings, state and history, the links, addresses, routes and rules at home and in every network namespace, what the provider says, logs, versions, and the findings of enim doctor. enim list, show, where and doctor can be run on it anywhere: --from-bundle FILE.

Tokens, passwords, keys and certificates are taken out. Names of pods, addresses and paths stay in, for without them it says little. Look into it before you give it away; docs/support-bundle.md says what is in which file.

What cannot be read is left out, and said; without root that is much. Nothing on the node is changed.`;

  static override examples = [
    '<%= config.bin %> support-bundle',
    '<%= config.bin %> support-bundle --output node.tar.gz && <%= config.bin %> doctor --from-bundle node.tar.gz',
    '<%= config.bin %> support-bundle --json',
  ];

  static override flags = {
    output: Flags.string({
      char: 'o',
      helpValue: 'FILE',
      description: 'the file to write; one in this directory, named by host and time, unless told',
    }),
    force: Flags.boolean({ char: 'f', description: 'write over a file that is there already' }),
    log: Flags.string({ helpValue: 'FILE', multiple: true, description: 'a further log to put in; may be repeated' }),
    'conf-dir': Flags.string({
      helpValue: 'DIR',
      default: '/etc/cni/net.d',
      description: 'where runtimes look for network configurations, which name the logs of the plugin',
    }),
  };

  async run(): Promise<BundleResult> {
    const { flags } = await this.parse(SupportBundle);
    const path = resolve(flags.output ?? bundleName(new Date()));
    if (!flags.force) mustBeFree(path);
    const program = buildDocument(this.config.version);
    const start = performance.now();
    let told = '';
    const { content, files, missing, shortened, findings } = await makeBundle({
      env: process.env,
      overrides: this.overrides(flags),
      purpose: 'enim support-bundle',
      warn: (message) => this.warn(message),
      ...{ confDir: resolve(flags['conf-dir']), logs: flags.log ?? [] },
      ...{ program, enim: { version: program.version, commit: program.commit } },
      onStep: (part) => {
        if (!process.stderr.isTTY || part === told || performance.now() - start <= SILENCE_MS) return;
        process.stderr.write(`gathering ${part} …\n`);
        told = part;
      },
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
