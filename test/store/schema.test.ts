import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EMPTY_STATE, migrate, parseState, STATE_VERSION, type State } from '../../src/store/schema.js';
import { sampleAttachment, sampleEndpoint, sampleEni } from '../model/samples.js';

const STATE: State = {
  ...EMPTY_STATE,
  generation: 7,
  written: '2026-01-01T00:00:00.000Z',
  attachments: { 'enim/c1/eth0': sampleAttachment({ eni: sampleEni(1, { routes: [{ dst: '10.9.0.0/16' }] }) }) },
  allocations: {
    'eni-1': { eni: sampleEni(1), holder: sampleEndpoint(), since: '2026-01-01T00:00:00.000Z', releasedAt: null },
  },
};

const reading = (change: (state: Record<string, unknown>) => unknown): ReturnType<typeof parseState> =>
  parseState(JSON.stringify(change(structuredClone(STATE) as unknown as Record<string, unknown>)));

describe('parseState', () => {
  it('reads back what is written', () => {
    expect(parseState(JSON.stringify(STATE))).toEqual({ kind: 'good', state: STATE });
  });

  it.each([
    ['', 'it is empty'],
    [' \n', 'it is empty'],
    ['\0\0\0\0', 'it is no JSON'],
    [JSON.stringify(STATE).slice(0, -9), 'it is no JSON'],
    ['null', 'it has no version'],
    ['[]', 'it has no version'],
    ['{}', 'it has no version'],
    ['{"version":"1"}', 'it has no version'],
    ['{"version":0}', 'it has no version'],
    ['{"version":1.5}', 'it has no version'],
  ])('calls %j damaged: %s', (content, reason) => {
    expect(parseState(content)).toEqual({ kind: 'damaged', reason });
  });

  it('names the place of a wrong value', () => {
    const result = reading((state) => ({
      ...state,
      attachments: { k: { ...sampleAttachment(), netns: { path: 7, inode: 1 } } },
    }));
    expect(result).toMatchObject({ kind: 'damaged', reason: expect.stringMatching(/^attachments\.k\.netns\.path: /) });
  });

  it('checks what was good in an earlier generation anew as soon as anything in it is another', () => {
    const good = sampleAttachment();
    const put = (attachment: unknown) => reading((state) => ({ ...state, attachments: { k: attachment } }));
    expect(put(good)).toMatchObject({ kind: 'good', state: { attachments: { k: good } } });
    expect(put({ ...good, phase: 'gone' })).toMatchObject({ kind: 'damaged' });
    expect(put({ ...good, phase: 'releasing' })).toMatchObject({
      state: { attachments: { k: { phase: 'releasing' } } },
    });
    expect(put(good)).toMatchObject({ state: { attachments: { k: good } } });
  });

  it('takes no unknown phase', () => {
    const attachments = { k: { ...sampleAttachment(), phase: 'attachd' } };
    expect(reading((state) => ({ ...state, attachments }))).toMatchObject({ kind: 'damaged' });
  });

  it('takes no file of a later version, whatever else is in it', () => {
    expect(parseState(`{"version":${STATE_VERSION + 1},"attachments":"elsewhere"}`)).toEqual({
      kind: 'newer',
      version: STATE_VERSION + 1,
    });
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        expect(['good', 'newer', 'damaged']).toContain(parseState(text).kind);
      }),
    );
  });

  it('never takes a truncated file for a whole one', () => {
    const whole = JSON.stringify(STATE);
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), (length) => {
        expect(parseState(whole.slice(0, length)).kind).toBe('damaged');
      }),
    );
  });

  it('keeps an ENI whatever its ID, for the settings allow any word', () => {
    const allocations = Object.fromEntries(
      ['constructor', 'prototype', 'toString', 'eni-1'].map((id) => [
        id,
        { eni: sampleEni(1, { id }), holder: sampleEndpoint(), since: null, releasedAt: null },
      ]),
    );
    const result = reading((state) => ({ ...state, allocations }));
    expect(result.kind === 'good' ? Object.keys(result.state.allocations) : result).toEqual(Object.keys(allocations));
  });
});

describe('a state file of version 1', () => {
  it('becomes one of today: every attachment moved its NIC, and set it up as its ENI said', () => {
    const ipv4 = { address: '10.0.0.10/24', gateway: '10.0.0.1' };
    const { role, setup, ...old } = sampleAttachment({ eni: sampleEni(1, { mtu: 9000, ipv4 }) });
    const file = { ...STATE, version: 1, attachments: { 'enim/c1/eth0': old } };
    const result = parseState(JSON.stringify(file));
    expect(result).toEqual({
      kind: 'good',
      state: {
        ...{ ...STATE, version: STATE_VERSION },
        attachments: {
          'enim/c1/eth0': {
            ...old,
            role: 'main',
            setup: {
              addresses: [ipv4],
              routes: [{ dst: '0.0.0.0/0', gw: '10.0.0.1' }],
              mtu: 9000,
              mac: null,
              dns: null,
            },
          },
        },
      },
    });
  });

  it('is damaged where an attachment is none', () => {
    expect(parseState(JSON.stringify({ ...STATE, version: 1, attachments: { k: 7 } }))).toMatchObject({
      kind: 'damaged',
    });
    expect(parseState(JSON.stringify({ ...STATE, version: 1, attachments: 7 }))).toMatchObject({ kind: 'damaged' });
  });
});

describe('a state file of an enim that did not write down what was switched on or off of a NIC', () => {
  it('is read: that is not known', () => {
    const today = sampleAttachment();
    const { arp, multicast, allmulticast, broadcast, mode, packets, xdp, ...old } = today.snapshot;
    const file = { ...STATE, attachments: { 'enim/c1/eth0': { ...today, snapshot: old } } };
    const snapshot = {
      ...{
        ...old,
        arp: null,
        multicast: null,
        allmulticast: null,
        broadcast: null,
        mode: null,
        packets: {},
        xdp: null,
      },
    };
    expect(parseState(JSON.stringify(file))).toEqual({
      kind: 'good',
      state: { ...STATE, attachments: { 'enim/c1/eth0': { ...today, snapshot } } },
    });
  });
});

describe('a state file of version 2', () => {
  it('becomes one of today: the sysctls that NICs had at home are not known', () => {
    const today = sampleAttachment();
    const { sysctls, ...snapshot } = today.snapshot;
    const file = { ...STATE, version: 2, attachments: { 'enim/c1/eth0': { ...today, snapshot } } };
    expect(parseState(JSON.stringify(file))).toEqual({
      kind: 'good',
      state: { ...STATE, version: STATE_VERSION, attachments: { 'enim/c1/eth0': today } },
    });
  });

  it('is damaged where an attachment is none', () => {
    for (const attachments of [{ k: 7 }, { k: { snapshot: 7 } }, 7])
      expect(parseState(JSON.stringify({ ...STATE, version: 2, attachments }))).toMatchObject({ kind: 'damaged' });
  });
});

describe('migrate', () => {
  const steps = {
    1: (state: Record<string, unknown>) => ({ ...state, two: state.one }),
    2: ({ two, ...state }: Record<string, unknown>) => ({ ...state, three: [two] }),
  };

  it('takes every step from the version of the file on', () => {
    expect(migrate({ version: 1, one: 'x' }, steps, 3)).toEqual({ version: 3, one: 'x', three: ['x'] });
    expect(migrate({ version: 2, two: 'y' }, steps, 3)).toEqual({ version: 3, three: ['y'] });
  });

  it('leaves the present version alone', () => {
    expect(migrate({ version: 3, one: 'x' }, steps, 3)).toEqual({ version: 3, one: 'x' });
  });

  it('changes nothing but the version where no step is known', () => {
    expect(migrate({ version: 3, a: 1 }, steps, 5)).toEqual({ version: 5, a: 1 });
  });
});
