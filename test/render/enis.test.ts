import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { Chalk } from 'chalk';
import fc from 'fast-check';
import type { EniView } from '../../src/manager/list.js';
import { enisAsCsv, renderEnis } from '../../src/render/enis.js';
import { NOW, sampleHolding, sampleView, sampleViews } from './views.js';

const render = (enis: readonly EniView[], options: Partial<Parameters<typeof renderEnis>[1]> = {}): string =>
  renderEnis(enis, {
    ...{
      wide: false,
      width: null,
      style: new Chalk({ level: 0 }),
      now: NOW,
      known: enis.length,
      origin: 'enim provider init',
    },
    config: '/etc/enim/config.json',
    ...options,
  });

const longest = (text: string): number =>
  Math.max(
    ...stripVTControlCharacters(text)
      .split('\n')
      .map((line) => line.length),
  );

/** The head of a screen and its end: what a snapshot of 256 lines would be read for. */
const ends = (text: string): string => {
  const lines = text.split('\n');
  return (
    lines.length <= 12 ? lines : [...lines.slice(0, 6), `… ${lines.length - 10} lines …`, ...lines.slice(-4)]
  ).join('\n');
};

describe('the screen of enim list', () => {
  describe.each([0, 1, 64, 256])('with %d ENIs', (count) => {
    const views = sampleViews(count);

    it.each([
      ['80 columns', { width: 80 }],
      ['200 columns', { width: 200 }],
      ['80 columns, wide', { width: 80, wide: true }],
      ['200 columns, wide', { width: 200, wide: true }],
      ['a pipe', { width: null }],
    ])('in %s is as ever', (_, options) => {
      expect(ends(render(views, options))).toMatchSnapshot();
    });

    it.each([80, 100, 120, 200])('is never wider than %d columns, and has a line for each ENI', (width) => {
      for (const wide of [false, true]) {
        const text = render(views, { width, wide });
        if (count > 0) expect(longest(text)).toBeLessThanOrEqual(width);
        for (const { id } of views) expect(text).toMatch(new RegExp(`^${id} +(free|used|orphan|missing)`, 'm'));
      }
    });

    it('has the same words with colour as without', () => {
      for (const width of [80, 200, null]) {
        const coloured = render(views, { width, style: new Chalk({ level: 1 }) });
        expect(stripVTControlCharacters(coloured)).toBe(render(views, { width }));
        expect(coloured.includes('\u001b[')).toBe(count > 0);
      }
    });
  });

  it('keeps owner and ID whole where columns that one can do without make room enough', () => {
    const attachment = sampleHolding(7);
    const text = render([sampleView({ id: 'eni-0a1b2c3d4e5f60007', state: 'used', attachment, ipv4: null })], {
      width: 80,
    });
    expect(text).toMatch(/^eni-0a1b2c3d4e5f60007 +used/m);
    expect(text).toContain(attachment.owner);
    expect(text).toMatch(/^Not all of container, age, address; to see it: enim list -o wide \| less -S$/m);
  });

  it('cuts nothing, and wraps nothing, where it is piped', () => {
    const text = render(sampleViews(64), { wide: true });
    expect(text).toContain(sampleHolding(1).containerID);
    expect(text).toContain(sampleHolding(1).netns);
    expect(text.split('\n')).toHaveLength(66);
  });

  it('puts notes below a table that has no room for them, folded between words', () => {
    const note = `${'one-long-word-after-another '.repeat(6)}end`;
    const text = render([sampleView({ state: 'quarantined', note })], { width: 80 });
    expect(text.split('\n')[2]).toMatch(/^ {2}eni-a: one-long-word/);
    expect(text.split('\n')[3]).toMatch(/^ {4}one-long-word/);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(note);
  });

  it('shows control characters of a name that a pod gave its link, and does not obey them', () => {
    const link = { name: 'e\u001b[2J\u0007', ifindex: 2, netns: '/run/netns/web-0', up: true };
    for (const wide of [false, true]) {
      const text = render([sampleView({ state: 'used', link })], { wide });
      expect(text).toContain('e\\u001b[2J\\u0007');
      expect(text).not.toContain('\u001b');
    }
  });

  it('cuts names that are not ASCII by what they take on a terminal', () => {
    const link = { name: '日本語の網', ifindex: 2, netns: '/run/netns/pod-with-quite-a-long-name', up: true };
    const attachment = sampleHolding(1, { owner: `default/${'o'.repeat(40)}` });
    const line = render([sampleView({ state: 'used', link, attachment })], { width: 80 }).split('\n')[1] ?? '';
    expect(line).toContain('日本語の網 in p…  default/ooo');
  });

  it('cuts a NIC no further than it must once a column was left out', () => {
    const link = { name: 'eth0', ifindex: 2, netns: '/run/netns/nu-web-2', up: true };
    const attachment = sampleHolding(1, { owner: 'default/web-2', containerID: '3f9c1d2a'.padEnd(64, '0') });
    const text = render([sampleView({ id: 'eni-0a1b2c3d4e5f60007', state: 'used', link, attachment })], { width: 80 });
    expect(text).toMatch(/eth0 in nu-web-2 /);
    expect(text).toMatch(/^Not all of container/m);
  });

  it('-o wide has on a terminal of 80 columns what the other table has there', () => {
    const attachment = sampleHolding(1, { owner: 'default/web-2', containerID: '3f9c1d2a'.padEnd(64, '0') });
    const views = [sampleView({ id: 'eni-b', state: 'used', attachment })];
    const columns = (wide: boolean) => render(views, { width: 80, wide }).split('\n')[0]?.split(/ +/);
    expect(columns(false)).toEqual(['ENI', 'STATE', 'NIC', 'ADDRESS', 'OWNER', 'CONTAINER', 'AGE']);
    expect(columns(true)).toEqual(['ENI', 'STATE', 'NIC', 'IPV4', 'OWNER', 'CONTAINER', 'SINCE']);
  });

  it('says so where none of the known ENIs is wanted', () => {
    expect(render([], { known: 4 })).toBe('No ENI is such, of 4. All of them: enim list');
  });

  it('fits any terminal of 50 columns or more, whatever the values', () => {
    const word = fc.stringMatching(/^[a-z0-9-]{1,40}$/);
    const view = fc.tuple(word, word, word, fc.option(word)).map(([id, name, owner, note]) =>
      sampleView({
        ...{
          id: id.slice(0, 30),
          state: 'used',
          note: note ?? null,
          link: { name: name.slice(0, 15), ifindex: 1, netns: `/run/${name}`, up: true },
        },
        attachment: sampleHolding(1, { owner: `default/${owner}`, netns: `/run/${name}` }),
      }),
    );
    fc.assert(
      fc.property(
        fc.array(view, { minLength: 1 }),
        fc.integer({ min: 50, max: 220 }),
        fc.boolean(),
        (views, width, wide) => {
          expect(longest(render(views, { width, wide }))).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});

describe('ENIs as CSV', () => {
  it('has a head, everything whole, nothing for what is not there, and quotes where they are needed', () => {
    const attachment = sampleHolding(1, { owner: 'default/web-0' });
    const used = sampleView({ state: 'used', attachment, note: 'says "no", twice' });
    expect(enisAsCsv([used, sampleView({ id: 'eni-b', ipv4: null, link: null })]).split('\n')).toEqual([
      'eni,state,mac,nic,netns,ipv4,ipv6,owner,container,ifname,network,since,provider,note',
      `eni-a,used,02:e0:00:00:00:01,eni1,,10.0.0.11/24,,default/web-0,${attachment.containerID},eth0,eninet,${attachment.since},static,"says ""no"", twice"`,
      'eni-b,free,02:e0:00:00:00:01,,,,,,,,,,static,',
    ]);
  });
});
