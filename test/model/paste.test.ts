import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { commandLine } from '../../src/model/paste.js';

describe('commandLine', () => {
  it('leaves plain words as they are', () => {
    expect(commandLine(['enim', 'del', 'default/web-0', '--container-id=3f9c'])).toBe(
      'enim del default/web-0 --container-id=3f9c',
    );
  });

  it.each(['a b', '$HOME', "it's", '\u001b[31mx', 'x\n', '\u0085', '\u202ex', 'ü', '', '\\', "\\'\t"])(
    'quotes %j so that a shell reads it back',
    (word) => {
      const line = commandLine(['printf', '%s', word]);
      expect(line).not.toMatch(/[\p{Cc}\u202e]/u);
      expect(spawnSync('bash', ['-c', line], { encoding: 'utf8' }).stdout).toBe(word);
    },
  );
});
