/** What every provider must do, whatever stands behind it. Each provider's own test calls this suite. */
import { describe, expect, it } from '@jest/globals';
import type { Endpoint } from '../../src/model/attachment.js';
import type { Eni } from '../../src/model/eni.js';
import type { Provider } from '../../src/providers/provider.js';
import { sampleEndpoint } from '../model/samples.js';
import { enimErrorOf } from '../model/thrown.js';

/** What a provider under test is made from. */
export interface ProviderBench {
  /** Opens one more client of the same backing, as another process would. */
  open(): Provider;
  /** Lets time pass, so that what happens next is later. */
  pass(): void;
}

/**
 * The suite.
 *
 * @param make a fresh backing that has just these ENIs, none of them ever used
 */
export function describeProvider(
  name: string,
  make: (enis: readonly Eni[]) => Promise<ProviderBench> | ProviderBench,
  sample: (number: number) => Eni,
): void {
  const enisOf = (count: number): Eni[] => Array.from({ length: count }, (_, index) => sample(index + 1));
  const idsOf = (enis: readonly Eni[]): string[] => enis.map(({ id }) => id);
  const pod = (number: number): Endpoint =>
    sampleEndpoint({ containerID: `c${number}`, owner: `default/web-${number}` });

  /** A backing with `count` ENIs, a client of it, and all IDs. */
  async function bench(count: number) {
    const enis = enisOf(count);
    const made = await make(enis);
    return { ...made, enis, ids: idsOf(enis), provider: made.open() };
  }

  describe(`the ${name} provider`, () => {
    describe('list', () => {
      it('shows all ENIs, free and never used, always in the same order', async () => {
        const { provider, enis, open } = await bench(3);
        const free = enis.map((eni) => ({ eni, holder: null, since: null, releasedAt: null }));
        expect([await provider.list(), await provider.list(), await open().list()]).toEqual([free, free, free]);
      });

      it('shows who holds an ENI and since when, and when it was given back', async () => {
        const { provider, ids, pass, open } = await bench(1);
        await provider.allocate(pod(1), ids);
        const [held] = await open().list();
        expect(held).toMatchObject({ holder: pod(1), releasedAt: null });
        expect(held?.since).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
        pass();
        await provider.release(pod(1));
        const [freed] = await open().list();
        expect(freed).toMatchObject({ holder: null, since: null });
        expect(freed?.releasedAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
        expect((freed?.releasedAt ?? '') > (held?.since ?? '')).toBe(true);
      });

      it('still says of an ENI that is held when it was given back last', async () => {
        const { provider, ids } = await bench(1);
        await provider.allocate(pod(1), ids);
        await provider.release(pod(1));
        const [rested] = await provider.list();
        await provider.allocate(pod(2), ids);
        expect((await provider.list())[0]).toMatchObject({ holder: pod(2), releasedAt: rested?.releasedAt });
      });

      it('keeps its order when ENIs are taken and given back', async () => {
        const { provider, ids } = await bench(3);
        await provider.allocate(pod(1), ['eni-2']);
        await provider.allocate(pod(2), ['eni-3']);
        await provider.release(pod(1));
        expect((await provider.list()).map(({ eni }) => eni.id)).toEqual(ids);
      });
    });

    describe('allocate', () => {
      it('gives distinct ENIs to distinct endpoints', async () => {
        const { provider, ids } = await bench(3);
        const given = [
          await provider.allocate(pod(1), ids),
          await provider.allocate(pod(2), ids),
          await provider.allocate(pod(3), ids),
        ];
        expect(new Set(idsOf(given)).size).toBe(3);
      });

      it('gives the whole ENI', async () => {
        const { provider, ids, enis } = await bench(1);
        expect(await provider.allocate(pod(1), ids)).toEqual(enis[0]);
      });

      it('tells endpoints apart by network, container and interface name', async () => {
        const { provider, ids } = await bench(4);
        const same = { owner: 'default/web-0', containerID: 'c1' };
        const endpoints = [{}, { network: 'other' }, { containerID: 'c2' }, { ifname: 'eth1' }].map((each) =>
          sampleEndpoint({ ...same, ...each }),
        );
        const given = [];
        for (const endpoint of endpoints) given.push(await provider.allocate(endpoint, ids));
        expect(new Set(idsOf(given)).size).toBe(4);
      });

      it('gives an endpoint that asks again what it has, from any client, and changes nothing', async () => {
        const { provider, ids, open, pass } = await bench(3);
        const first = await provider.allocate(pod(1), ids);
        const before = await provider.list();
        pass();
        expect(await provider.allocate(pod(1), ids)).toEqual(first);
        expect(await open().allocate(pod(1), ids)).toEqual(first);
        expect(await provider.list()).toEqual(before);
      });

      it('gives an endpoint that asks again what it has, even where that is no candidate any more', async () => {
        const { provider, ids } = await bench(2);
        const first = await provider.allocate(pod(1), ids);
        expect(
          await provider.allocate(
            pod(1),
            ids.filter((id) => id !== first.id),
          ),
        ).toEqual(first);
        expect(await provider.allocate(pod(1), [])).toEqual(first);
      });

      it('gives nothing but candidates', async () => {
        const { provider } = await bench(3);
        expect((await provider.allocate(pod(1), ['eni-3'])).id).toBe('eni-3');
        expect((await provider.allocate(pod(2), ['eni-3', 'eni-2'])).id).toBe('eni-2');
      });

      it('refuses with NO_FREE_ENI when all candidates are held, and then holds nothing for who asked', async () => {
        const { provider, ids } = await bench(2);
        await provider.allocate(pod(1), ids);
        await provider.allocate(pod(2), ids);
        const error = await enimErrorOf(() => provider.allocate(pod(3), ids));
        expect([error.code, error.exitCode]).toEqual(['NO_FREE_ENI', 3]);
        expect((await provider.list()).map(({ holder }) => holder?.owner)).toEqual(['default/web-1', 'default/web-2']);
      });

      it('refuses with NO_FREE_ENI when the only candidate is held although others are free', async () => {
        const { provider } = await bench(2);
        await provider.allocate(pod(1), ['eni-1']);
        expect((await enimErrorOf(() => provider.allocate(pod(2), ['eni-1']))).code).toBe('NO_FREE_ENI');
      });

      it('refuses with NO_FREE_ENI where there is no candidate, or only such as are not its own', async () => {
        const { provider } = await bench(1);
        for (const candidates of [[], ['eni-unknown']]) {
          expect((await enimErrorOf(() => provider.allocate(pod(1), candidates))).code).toBe('NO_FREE_ENI');
        }
      });
    });

    describe('release', () => {
      it('of what is not held succeeds', async () => {
        const { provider, ids } = await bench(1);
        await provider.release(pod(1));
        await provider.allocate(pod(1), ids);
        await provider.release(pod(1));
        await provider.release(pod(1));
        expect((await provider.list())[0]?.holder).toBeNull();
      });

      it('takes nothing from another endpoint (sriov-cni#219, whereabouts#176)', async () => {
        const { provider, ids } = await bench(1);
        await provider.allocate(pod(1), ids);
        for (const other of [{ containerID: 'c9' }, { ifname: 'eth1' }, { network: 'other' }])
          await provider.release({ ...pod(1), ...other });
        expect((await provider.list())[0]?.holder).toEqual(pod(1));
      });

      it('makes the ENI usable again', async () => {
        const { provider, ids } = await bench(1);
        await provider.allocate(pod(1), ids);
        await provider.release(pod(1));
        expect((await provider.allocate(pod(2), ids)).id).toBe('eni-1');
      });
    });

    describe('the choice', () => {
      it('takes never used ones first, in the order of the list', async () => {
        const { provider, ids, pass } = await bench(3);
        const given = [await provider.allocate(pod(1), ids)];
        pass();
        await provider.release(pod(1));
        given.push(
          await provider.allocate(pod(2), [...ids].reverse()),
          await provider.allocate(pod(3), [...ids].reverse()),
        );
        expect(idsOf(given)).toEqual(ids);
      });

      it('takes the one that has rested longest next', async () => {
        const { provider, ids, pass } = await bench(3);
        for (const number of [1, 2, 3]) await provider.allocate(pod(number), [`eni-${number}`]);
        for (const number of [2, 3, 1]) {
          pass();
          await provider.release(pod(number));
        }
        const given = [];
        for (const number of [4, 5, 6]) given.push(await provider.allocate(pod(number), ids));
        expect(idsOf(given)).toEqual(['eni-2', 'eni-3', 'eni-1']);
      });

      it('does not forget how long an ENI has rested while others come and go', async () => {
        const { provider, ids, pass } = await bench(2);
        await provider.allocate(pod(1), ['eni-1']);
        pass();
        await provider.release(pod(1));
        for (let round = 0; round < 3; round += 1) {
          pass();
          await provider.allocate(pod(2), ['eni-2']);
          pass();
          await provider.release(pod(2));
        }
        expect((await provider.allocate(pod(3), ids)).id).toBe('eni-1');
      });
    });

    describe('with many callers at once', () => {
      it('never gives one ENI twice, from two clients of one backing', async () => {
        const { ids, open } = await bench(8);
        const clients = [open(), open()];
        const answers = await Promise.allSettled(
          Array.from({ length: 12 }, (_, index) => (clients[index % 2] as Provider).allocate(pod(index), ids)),
        );
        const given = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.id] : []));
        expect(given.sort()).toEqual(ids);
        const refused = answers.flatMap((answer) =>
          answer.status === 'rejected' ? [answer.reason as { code?: string }] : [],
        );
        expect(refused.map(({ code }) => code)).toEqual(['NO_FREE_ENI', 'NO_FREE_ENI', 'NO_FREE_ENI', 'NO_FREE_ENI']);
      });

      it('gives one endpoint that asks many times at once one ENI', async () => {
        const { ids, open } = await bench(3);
        const clients = [open(), open()];
        const given = await Promise.all(
          Array.from({ length: 8 }, (_, index) => (clients[index % 2] as Provider).allocate(pod(1), ids)),
        );
        expect(new Set(idsOf(given)).size).toBe(1);
        expect((await open().list()).filter(({ holder }) => holder !== null)).toHaveLength(1);
      });

      it('loses neither a release nor an allocation', async () => {
        const { ids, open } = await bench(6);
        const clients = [open(), open()];
        const provider = clients[0] as Provider;
        for (let number = 1; number <= 3; number += 1) await provider.allocate(pod(number), [`eni-${number}`]);
        await Promise.all([
          ...[1, 2, 3].map((number) => (clients[number % 2] as Provider).release(pod(number))),
          ...[4, 5, 6].map((number) => (clients[number % 2] as Provider).allocate(pod(number), ids)),
        ]);
        const holders = (await provider.list()).flatMap(({ holder }) => holder?.owner ?? []);
        expect(holders.sort()).toEqual(['default/web-4', 'default/web-5', 'default/web-6']);
      });
    });

    describe('health', () => {
      it('is good while there are ENIs, and says so in words', async () => {
        const { provider } = await bench(1);
        const { ok, message } = await provider.health();
        expect(ok).toBe(true);
        expect(message).not.toBe('');
      });
    });
  });
}
