import { describe, expect, it } from '@jest/globals';
import type { Holding } from '../../src/model/history.js';
import { renderHistory } from '../../src/render/history.js';
import { sampleEndpoint } from '../model/samples.js';

const NOW = new Date('2026-11-24T08:10:00.000Z');

function holding(overrides: Partial<Holding>): Holding {
  return {
    ...{ eni: 'eni-a', ...sampleEndpoint(), netns: '/run/netns/web-0', role: 'main' },
    ...{ from: '2026-11-24T08:03:33.729Z', to: null, reason: null, restored: [] },
    ...overrides,
  };
}

const LONG = '3f9c1d2a0000000000000000000000000000000000000000000000000000beef';

const HOLDINGS = [
  holding({ from: '2025-12-31T23:59:00.000Z', to: '2026-11-20T10:00:30.000Z', reason: 'del', containerID: LONG }),
  holding({ from: null, to: '2026-11-24T08:00:00.000Z', reason: 'gc: netns /run/netns/web-0 is gone; NIC is home' }),
  holding({ eni: 'eni-b', owner: 'batch/job-x8zkq' }),
];

const render = (holdings: readonly Holding[], options: Partial<Parameters<typeof renderHistory>[1]> = {}): string =>
  renderHistory(holdings, { wide: false, width: null, now: NOW, subject: null, since: null, ignored: 0, ...options });

describe('the table of the history', () => {
  it('has a line each, the times as short as they tell, and a count', () => {
    expect(render(HOLDINGS).split('\n')).toEqual([
      'TIME  ENI    OWNER            CONTAINER  FROM        TO           HELD  WHY',
      '3d    eni-a  default/web-0    3f9c1d2a…  2025-12-31  11-20 10:00  323d  del',
      '10m   eni-a  default/web-0    c1         -           08:00:00     -     gc: netns /run/netns/web-0 is gone; NIC is home',
      '6m    eni-b  batch/job-x8zkq  c1         08:03:33    -            6m    -',
      '3 holdings: 2 over, 1 lasting',
    ]);
  });

  it('wide has exact times, everything that is recorded, and nothing shortened', () => {
    const restored = [{ what: 'MTU', from: '1300', to: '1500' }];
    const [header, line] = render([{ ...(HOLDINGS[0] as Holding), restored }], { wide: true }).split('\n');
    expect(header).toMatch(/^ENI +OWNER +UID +NETWORK +CONTAINER +IFNAME +NETNS +FROM +TO +HELD +PUT BACK +WHY$/);
    for (const part of [LONG, '2025-12-31T23:59:00.000Z', '2026-11-20T10:00:30.000Z', 'MTU 1300 → 1500'])
      expect(line).toContain(part);
  });

  it('counts the lines that were damaged', () => {
    expect(render(HOLDINGS, { ignored: 2 })).toMatch(/\n2 damaged lines ignored\.$/);
    expect(render([], { ignored: 1 })).toBe('Nothing is recorded.\n1 damaged line ignored.');
  });

  it.each([
    [{}, 'Nothing is recorded.'],
    [{ subject: 'eni-9' }, 'Nothing is recorded of eni-9.'],
    [{ subject: 'default/web-0', since: '2h' }, 'Nothing is recorded of default/web-0 within the last 2h.'],
  ])('of nothing says so: %j', (options, text) => {
    expect(render([], options)).toBe(text);
  });
});
