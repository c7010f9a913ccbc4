import { expect, it } from '@jest/globals';
import { pathOf, textOf } from '../docs/pages.js';
import { must } from '../fabric/exec.js';
import { describeEndToEnd, EXECUTABLE, programFault } from '../fabric/requirements.js';

describeEndToEnd('docs/session.svg', () => {
  it('shows what the program prints today, in its colours (else: npm run docs)', async () => {
    const env = { ...process.env, ENIM_EXECUTABLE: EXECUTABLE } as Record<string, string>;
    const recorded = await must(process.execPath, [pathOf('scripts/session.js'), '--print'], { env });
    const withoutAges = (picture: string): string => picture.replace(/\b\d+s\b/g, 'AGE');
    expect(withoutAges(recorded)).toBe(withoutAges(textOf('docs/session.svg')));
    expect(recorded).toMatch(/<tspan class="c\d+">orphan<\/tspan>/);
  });
}, [programFault('unshare'), programFault('script')]);
