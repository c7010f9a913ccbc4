import { describe, expect, it } from '@jest/globals';
import type { EniView } from '../../src/manager/list.js';
import { ENI_COLUMNS, type Selection, select } from '../../src/manager/select.js';
import { sampleHolding, sampleView } from '../render/views.js';

const ENIS = [
  sampleView({ id: 'eni-10', ipv4: { address: '10.0.0.9/24', gateway: null } }),
  sampleView({
    ...{ id: 'eni-2', state: 'used', ipv4: { address: '10.0.0.10/24', gateway: null }, note: 'its NIC has no carrier' },
    link: { name: 'eth0', ifindex: 2, netns: '/run/netns/web-0', up: true },
    attachment: sampleHolding(1, { owner: 'default/web-0', since: '2026-11-24T08:00:00.000Z' }),
  }),
  sampleView({
    ...{ id: 'eni-1', state: 'orphan', ipv4: null, ipv6: { address: 'fd00::9/64', gateway: null }, link: null },
    attachment: sampleHolding(2, { owner: 'batch/web-0', since: '2026-11-23T08:00:00.000Z' }),
  }),
];

const chosen = (selection: Partial<Selection>, enis: readonly EniView[] = ENIS): string[] =>
  select(enis, { conditions: [], sort: [], ...selection }).map(({ id }) => id);
const where = (column: Selection['conditions'][number]['column'], ...patterns: string[]) =>
  chosen({ conditions: [{ column, patterns, negated: false }] });
const by = (...keys: string[]) =>
  chosen({
    sort: keys.map((key) => ({
      column: key.replace('-', '') as Selection['sort'][number]['column'],
      descending: key.startsWith('-'),
    })),
  });

describe('select', () => {
  it('without any wish leaves the list as it is', () => {
    expect(chosen({})).toEqual(['eni-10', 'eni-2', 'eni-1']);
  });

  it('fits patterns to the whole of a value, whatever its case', () => {
    expect(where('eni', 'eni-1')).toEqual(['eni-1']);
    expect(where('eni', 'ENI-1*')).toEqual(['eni-10', 'eni-1']);
    expect(where('eni', 'eni-?')).toEqual(['eni-2', 'eni-1']);
    expect(where('owner', 'default/*', 'batch/*')).toEqual(['eni-2', 'eni-1']);
    expect(where('note', '*carrier*')).toEqual(['eni-2']);
  });

  it('knows an address with its prefix length and without, and a netns by its path and its name', () => {
    expect(where('address', '10.0.0.9')).toEqual(['eni-10']);
    expect(where('ipv4', '10.0.0.9/24')).toEqual(['eni-10']);
    expect(where('address', 'fd00::9')).toEqual(['eni-1']);
    expect(where('netns', 'web-0')).toEqual(['eni-2']);
    expect(where('netns', '/run/netns/*')).toEqual(['eni-2']);
  });

  it('calls what is not there "-", as the tables do', () => {
    expect(where('owner', '-')).toEqual(['eni-10']);
    expect(where('nic', '-')).toEqual(['eni-1']);
    expect(where('owner', '?*')).toEqual(['eni-10', 'eni-2', 'eni-1']);
  });

  it('wants all conditions, and none of the patterns of one that is negated', () => {
    const conditions = [
      { column: 'state' as const, patterns: ['free', 'missing'], negated: true },
      { column: 'owner' as const, patterns: ['batch/*'], negated: true },
    ];
    expect(chosen({ conditions: conditions.slice(0, 1) })).toEqual(['eni-2', 'eni-1']);
    expect(chosen({ conditions })).toEqual(['eni-2']);
  });

  it('orders numbers within names as numbers, and addresses by their bytes', () => {
    expect(by('eni')).toEqual(['eni-1', 'eni-2', 'eni-10']);
    expect(by('-eni')).toEqual(['eni-10', 'eni-2', 'eni-1']);
    expect(by('ipv4')).toEqual(['eni-10', 'eni-2', 'eni-1']);
    expect(by('address')).toEqual(['eni-10', 'eni-2', 'eni-1']);
  });

  it('puts what has nothing there last, in either direction', () => {
    expect(by('since')).toEqual(['eni-1', 'eni-2', 'eni-10']);
    expect(by('-since')).toEqual(['eni-2', 'eni-1', 'eni-10']);
  });

  it('orders what the first column leaves equal by the next', () => {
    expect(by('provider', 'state', '-eni')).toEqual(['eni-10', 'eni-1', 'eni-2']);
  });

  it('leaves equal ones in the order of the provider, in either direction', () => {
    expect(by('provider')).toEqual(['eni-10', 'eni-2', 'eni-1']);
    expect(by('-provider')).toEqual(['eni-10', 'eni-2', 'eni-1']);
  });

  it('orders by every column', () => {
    for (const column of ENI_COLUMNS) expect(by(column)).toHaveLength(3);
  });
});
