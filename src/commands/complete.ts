import type { Command } from '@oclif/core';
import { type Candidate, eniWords, ownerWords } from '../manager/words.js';
import { EnimCommand } from './base.js';
import { candidatesFor, type Wanted } from './candidates.js';

/** `enim complete`: what the scripts of `enim completion` ask. */
export default class Complete extends EnimCommand {
  static override hidden = true;
  static override strict = false;
  static override summary = 'Say what the last of the words can become; for the scripts of enim completion';
  static override examples = ['<%= config.bin %> complete -- list --sta'];

  async run(): Promise<{ readonly candidates: readonly Candidate[] }> {
    const { flags } = await this.parse(Complete);
    const words = wordsIn(this.argv);
    const commands: Record<string, Command.Loadable> = Object.fromEntries(
      this.config.commands.map((command) => [command.id, command]),
    );
    const wanted = candidatesFor(words, commands);
    const candidates = await this.candidates(wanted, flags);
    const start = words.at(-1) ?? '';
    const fitting = candidates.filter(({ word }) => word.startsWith(start) || word === ':files');
    for (const { word, meaning } of fitting) this.log(meaning === '' ? word : `${word}\t${meaning}`);
    return { candidates: fitting };
  }

  /** A node that cannot be asked has no words; a shell is not the place to say so. */
  private async candidates(
    { candidates, names }: Wanted,
    flags: { readonly config: string | undefined },
  ): Promise<readonly Candidate[]> {
    if (names.length === 0) return candidates;
    try {
      const { parts } = this.open(flags, 'complete');
      const found = await Promise.all(names.map((name) => (name === 'eni' ? eniWords(parts) : ownerWords(parts))));
      return [...candidates, ...found.flat()];
    } catch {
      return candidates;
    }
  }
}

/** What stands behind the first "--": oclif puts words that occur twice, "--" itself above all, where the first of them stands. */
function wordsIn(argv: readonly string[]): readonly string[] {
  return argv.slice(argv.indexOf('--') + 1);
}
