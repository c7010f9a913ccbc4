import { describe, expect, it } from '@jest/globals';
import type { Standing } from '../../src/manager/drain/standing.js';
import { redraw, renderChanges, renderHome, renderPicture } from '../../src/render/drain.js';

const home = (eni: string): Standing => ({
  ...{ eni, mac: '02:e0:00:00:00:01', state: 'home', link: { name: eni, netns: null }, holder: null },
  reason: `NIC is home as ${eni}`,
});
const used = (eni: string, owner = 'default/web-0', reason = 'netns alive'): Standing => ({
  ...home(eni),
  ...{ state: 'used', reason, holder: { owner, network: 'enim', containerID: 'c1', ifname: 'eth0' } },
});

const SIZE = { passed: 42_500, timeout: 600_000, width: 80, height: 24 };

describe('the picture', () => {
  it('shows what is not home, how much is, and how much time is left', () => {
    expect(renderPicture({ ...SIZE, standings: [used('eni-a'), home('eni-b')] }).split('\n')).toEqual([
      '  eni-a  used  default/web-0  netns alive',
      '[██████████░░░░░░░░░░]  1 of 2 home  0:42 / 10:00',
    ]);
  });

  it('never has more rows or columns than the terminal, whatever a pod calls its things', () => {
    const standings = Array.from({ length: 40 }, (_, index) =>
      used(`eni-${index}`, 'default/web', 'long\n'.repeat(30)),
    );
    const lines = renderPicture({ ...SIZE, width: 40, height: 10, standings }).split('\n');
    expect(lines).toHaveLength(9);
    expect(lines.at(-2)).toBe('  … and 33 more');
    expect(Math.max(...lines.map((each) => each.length))).toBe(40);
  });

  it('counts the columns that a character takes, not the characters', () => {
    const standings = [used('eni-a', 'default/web-0', '名前'.repeat(20))];
    const [line = ''] = renderPicture({ ...SIZE, width: 40, standings }).split('\n');
    expect(line).toBe('  eni-a  used  default/web-0  名前名前…');
  });

  it('takes the place of the one before it, line by line', () => {
    expect(redraw(undefined, 'a\nb')).toBe('a\nb\n');
    expect(redraw('a\nb', 'c')).toBe('\u001b[2A\u001b[0Jc\n');
  });
});

describe('the changes', () => {
  it('are at first what is not home, and then one line each', () => {
    const first = [used('eni-a'), home('eni-b')];
    expect(renderChanges(undefined, first, 0)).toEqual(['0:00 eni-a used by default/web-0, container c1: netns alive']);
    expect(renderChanges(first, first, 1_000)).toEqual([]);
    expect(renderChanges(first, [home('eni-a'), home('eni-b')], 61_000)).toEqual([
      '1:01 eni-a home: NIC is home as eni-a',
    ]);
  });

  it('do not tell of other words for the same', () => {
    expect(renderChanges([used('eni-a')], [used('eni-a', 'default/web-0', 'pid 7')], 0)).toEqual([]);
  });
});

describe('the end', () => {
  it.each([
    [0, /^No ENI is known/],
    [1, /only ENI is home/],
    [3, /all 3 ENIs are home/],
  ])('with %d ENIs', (count, says) => {
    expect(renderHome(Array.from({ length: count }, (_, index) => home(`eni-${index}`)))).toMatch(says);
  });
});
