import { describe, expect, it } from '@jest/globals';
import type { Synced, SyncedEni } from '../../src/manager/sync/outcome.js';
import { renderSynced, renderSyncedLines } from '../../src/render/synced.js';

const READY: SyncedEni = {
  ...{ eni: 'eni-1', outcome: 'ready', reason: null, nic: { from: 'cce-eni-0', name: 'cce-eni-0', index: 0 } },
  ...{ commands: [], written: [], done: false },
};
const CHANGED: SyncedEni = {
  ...{ eni: 'eni-2', outcome: 'change', reason: null, nic: { from: 'eth1', name: 'cce-eni-1', index: 1 }, done: true },
  commands: ['ip link set dev if3 name cce-eni-1'],
  written: [{ what: 'index', from: null, to: 1 }],
};
const FAILED: SyncedEni = { ...READY, eni: 'eni-3', outcome: 'failed', reason: 'its MAC is ""', nic: null };

const synced = (enis: readonly SyncedEni[], overrides: Partial<Synced> = {}): Synced => ({
  ...{ dryRun: false, node: { commands: [], error: null }, enis },
  ...overrides,
});

describe('what sync tells a person', () => {
  it('is a line an ENI, what was done for each, and a line that counts', () => {
    const node = { commands: ['echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter'], error: null };
    expect(renderSynced(synced([READY, CHANGED, FAILED], { node }), null)).toBe(
      [
        'ENI    OUTCOME  NIC        BECAUSE',
        'eni-1  ready    cce-eni-0',
        'eni-2  change   cce-eni-1  name eth1 → cce-eni-1; 1 command; 1 field of its status',
        'eni-3  failed   -          its MAC is ""',
        '',
        'node',
        '  echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter',
        '',
        'eni-2',
        '  ip link set dev if3 name cce-eni-1',
        '  status: index - → 1',
        '',
        '1 ENI changed; 1 ready, 1 failed.',
      ].join('\n'),
    );
  });

  it('is the same for a dry run, marked', () => {
    const [dry, real] = [true, false].map((dryRun) => renderSynced(synced([CHANGED], { dryRun }), null).split('\n'));
    expect(dry?.slice(0, -1)).toEqual(real?.slice(0, -1));
    expect(dry?.at(-1)).toBe('Dry run: nothing was changed. 1 ENI would be changed.');
  });

  it('says so where there is nothing to do, and where there is no ENI', () => {
    expect(renderSynced(synced([READY]), null)).toMatch(/\nNothing to do; 1 ready\.$/);
    expect(renderSynced(synced([]), null)).toBe('No ENI of the cluster is on this node.');
  });

  it('is a line a change from a command that stays, and nothing where nothing changes', () => {
    expect(renderSyncedLines(synced([READY, CHANGED]))).toEqual([
      'eni-2: ip link set dev if3 name cce-eni-1',
      'eni-2: status: index - → 1',
    ]);
    expect(renderSyncedLines(synced([READY, FAILED]))).toEqual([]);
  });
});
