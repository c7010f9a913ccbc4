import { expect, it } from '@jest/globals';
import { pathOf, textOf } from '../docs/pages.js';
import { must } from '../fabric/exec.js';
import { describeEndToEnd, EXECUTABLE, programFault } from '../fabric/requirements.js';

/** What is another one every time: times, ages, inodes, traffic. Columns are as wide as what is in them. */
function withoutChance(page: string): string[] {
  return page.split('\n').map((line) =>
    line
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replace(/\b\d\d:\d\d:\d\d\b|^\d+:\d\d /g, 'TIME')
      .replace(/\b\d+[smh]\b/g, 'AGE')
      .replace(/network namespace \d+/g, 'network namespace INODE')
      .replace(/\b[\d.]+ (KiB|B), \d+ packets/g, 'TRAFFIC')
      .replace(/time \d+ms|= [\d./]+ ms$/g, 'TIME')
      .replace(/\s+/g, ' ')
      .trimEnd(),
  );
}

describeEndToEnd('the tutorial', () => {
  it('prints what it says when it is typed in (else: npm run docs)', async () => {
    const env = { ...process.env, ENIM_EXECUTABLE: EXECUTABLE } as Record<string, string>;
    const printed = await must(process.execPath, [pathOf('scripts/tutorial.js'), '--print'], { env });
    expect(withoutChance(printed)).toEqual(withoutChance(textOf('docs/tutorial.md')));
  });
}, [programFault('unshare'), programFault('ping')]);
