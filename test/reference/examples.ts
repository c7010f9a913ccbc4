/**
 * The examples of `docs/reference`: documents of real runs, which `ENIM_EXAMPLES=1` has the tests write anew. What is particular to a
 * test node (its directories, the names of its netns, the bytes that tell it from others) is not in them.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Node } from '../fabric/node.js';

const DIRECTORY = join(import.meta.dirname, '../../docs/reference/examples');

/** Keeps a document as the example of its schema, if that is asked for. */
export function recordExample(node: Node, name: string, document: unknown): void {
  if (!process.env.ENIM_EXAMPLES) return;
  writeFileSync(join(DIRECTORY, `${name}.json`), `${JSON.stringify(withoutParticulars(node, document), null, 2)}\n`);
}

function withoutParticulars(node: Node, document: unknown): unknown {
  const [a = '', b = '', c = ''] = node.enis[0]?.mac.split(':').slice(2, 5) ?? [];
  const short = (byte: string): string => byte.replace(/^0/, '');
  const words: readonly (readonly [string, string])[] = [
    [node.configFile, '/etc/enim/config.json'],
    [node.stateDir, '/var/lib/enim'],
    [node.runDir, '/run/enim'],
    [join(node.dir, 'root'), ''],
    [node.dir, '/root'],
    [`-${a}${b}${c}`, ''],
    [`02:e0:${a}:${b}:${c}:`, '02:e0:00:00:00:'],
    [`10.${Number.parseInt(c, 16)}.0.`, '10.0.0.'],
    [`fd00:${short(a)}${b}:${short(c)}::`, 'fd00::'],
  ];
  const text = words.reduce((before, [word, instead]) => before.replaceAll(word, instead), JSON.stringify(document));
  return JSON.parse(text.replace(/enimtest-\d+-[0-9a-f]{6}-/g, ''));
}
