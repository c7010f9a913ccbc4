import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { type Replay, replay } from '../../src/compose/replay.js';
import { examine } from '../../src/manager/doctor/examine.js';
import { list } from '../../src/manager/list.js';
import { show } from '../../src/manager/show.js';
import { where } from '../../src/manager/where/where.js';
import { EnimError } from '../../src/model/errors.js';
import { archiveOf, changed, counters, DOCUMENTS, holder, MAC, placesIn, WHEN } from './documents.js';

const open = (documents: Readonly<Record<string, unknown>>, warn: (message: string) => void = () => {}): Replay => {
  return replay('The bundle x', archiveOf(documents), warn);
};

/** Everything that can be asked of it. Throws what is no error of ours. */
async function askAll(documents: Readonly<Record<string, unknown>>): Promise<string[]> {
  const asks = [
    (node: Replay) => list(node.parts),
    (node: Replay) => show(node.parts, 'eni-a'),
    (node: Replay) => where(node.parts, MAC),
    (node: Replay) => where(node.parts, '0000:00:05.0'),
    (node: Replay) => where(node.parts, 'eth9'),
    (node: Replay) => node.parts.provider.registry?.enis('n1'),
    (node: Replay) => examine(node.patient),
  ];
  const codes = asks.map(async (ask) => {
    try {
      await ask(open(documents));
      return 'fine';
    } catch (thrown) {
      if (!(thrown instanceof EnimError)) throw thrown;
      return thrown.code;
    }
  });
  return Promise.all(codes);
}

describe('a replayed node', () => {
  it('says what was recorded', async () => {
    const { parts } = open(DOCUMENTS);
    const [used, free] = await list(parts);
    expect(used).toMatchObject({ id: 'eni-a', state: 'used', link: { name: 'eth0', netns: '/run/netns/web-0' } });
    expect(free).toMatchObject({ id: 'eni-b', state: 'free', link: { name: 'eni2' } });
    const [portrait] = await show(parts, 'eni-a');
    expect(portrait).toMatchObject({ traffic: counters, nic: { driver: 'ena', netns: { processes: [holder] } } });
    expect(portrait?.history).toHaveLength(1);
    expect(parts.clock().toISOString()).toBe(WHEN);
  });

  it('says of a check that looks at more than was recorded that it was not looked at', async () => {
    const findings = await examine(open(DOCUMENTS).patient);
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'udev',
        subject: 'not looked at',
        evidence: expect.stringContaining('does not say'),
      }),
    );
  });

  it('takes back no lock of those who had one', async () => {
    const { parts, patient } = open(DOCUMENTS);
    const path = `/run/enim/${patient.lockFileName('eni eni-a')}`;
    const held = {
      ...(DOCUMENTS['host.json'] as object),
      locks: [['/run/enim', [{ path, sign: '', since: WHEN, holders: [] }]]],
    };
    expect(await parts.locks.tryAcquire('eni eni-a')).toBeDefined();
    expect(await open({ ...DOCUMENTS, 'host.json': held }).parts.locks.tryAcquire('eni eni-a')).toBeUndefined();
  });

  it('refuses whatever would change it', async () => {
    const { parts, patient } = open(DOCUMENTS);
    const [record] = await parts.store.list();
    if (record === undefined) throw new Error('There is no record.');
    const work = parts.links.under({ fd: -1 });
    const home = await parts.links.lookHome();
    const [nic] = home.links;
    if (nic === undefined) throw new Error('There is no link.');
    const changes: (() => Promise<unknown>)[] = [
      () => parts.store.put(record),
      () => parts.store.forget(record),
      () => parts.store.quarantine.lift({ id: 'eni-a', mac: '02:00:00:00:00:01' }),
      () => parts.cordon.update(() => null),
      () => parts.provider.allocate(record, ['eni-b']),
      () => parts.provider.release(record),
      () => parts.locks.acquire('state'),
      () => work.moveIn(nic, record.netns, record, new Set()),
      () => work.moveHome(nic, record.netns, 'eni1'),
      () => work.arrange([]),
      () => work.rebind('0000:00:05.0'),
      async () => patient.host.removeFile('/etc/enim/config.json'),
      async () => patient.host.makeDirectory('/run/enim', 0o700),
    ];
    for (const change of changes) await expect(change()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('knows the ENIs of its own node alone', async () => {
    const { parts } = open(DOCUMENTS);
    expect(await parts.provider.registry?.enis('n1')).toEqual([]);
    await expect(parts.provider.registry?.enis(null)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('answers all that it can be asked', async () => {
    expect(await askAll(DOCUMENTS)).toEqual(['fine', 'fine', 'fine', 'fine', 'NOT_THERE', 'fine', 'fine']);
  });

  const needed = Object.keys(DOCUMENTS).filter((name) => name !== 'state/state.json');

  test.each(needed)('says that a file has another shape: %s', async (name) => {
    expect((await askAll({ ...DOCUMENTS, [name]: 7 }))[0]).toBe('BUNDLE_DAMAGED');
  });

  test.each(needed.filter((name) => !name.startsWith('kernel/netns/')))(
    'says that a file is not there: %s',
    async (name) => {
      const { [name]: _, ...others } = DOCUMENTS;
      expect((await askAll(others))[0]).toBe('NOT_THERE');
    },
  );
});

it('fails by no bug, whatever stands in whichever place', async () => {
  const places = Object.entries(DOCUMENTS).flatMap(([name, document]) =>
    placesIn(document).map((at) => ({ name, at })),
  );
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom('', '\u001b[2J', '../..', 'x'.repeat(300), -1, 1e300, 0.5, null, [], {}, '2026-13-45T99:99:99Z'),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ place: fc.constantFrom(...places), value }), { minLength: 1, maxLength: 3 }),
      async (edits) => {
        let documents = DOCUMENTS;
        for (const { place, value: to } of edits) {
          try {
            documents = { ...documents, [place.name]: changed(documents[place.name], place.at, to) };
          } catch {
            // An earlier edit has taken the place away.
          }
        }
        await askAll(documents);
      },
    ),
    { numRuns: 300 },
  );
}, 60_000);
