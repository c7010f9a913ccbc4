import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type NodeView, planSync, type SyncPlan } from '../../../src/manager/sync/plan.js';
import type { Link } from '../../../src/model/link.js';
import type { Rule } from '../../../src/model/rule.js';
import type { SyncEni } from '../../../src/model/sync.js';
import { nodeAfter } from './model.js';
import { nicOf, sampleNode, sampleRule, sampleSyncAddress, sampleSyncEni, stepsOf } from './samples.js';

const COUNT = 5;
const index = fc.integer({ min: 0, max: COUNT });

/** What one ENI wants; of some the tables are among the node's own. */
const eni = (number: number): fc.Arbitrary<SyncEni> =>
  fc
    .record({
      mode: fc.constantFrom(
        'Secondary' as const,
        'Secondary' as const,
        'Primary' as const,
        'PrimaryWithSecondaryIP' as const,
      ),
      routeTableOffset: fc.constantFrom(127, 251),
      index: fc.option(index),
      installSourceBasedRouting: fc.boolean(),
      hasIPv6: fc.boolean(),
      hasMore: fc.boolean(),
      publicIP: fc.option(fc.constant(`192.0.2.${number}`)),
    })
    .map(({ hasIPv6, hasMore, publicIP, ...rest }) =>
      sampleSyncEni(number, {
        ...rest,
        addresses: [
          sampleSyncAddress(`10.0.${number}.10/24`, { publicIP }),
          ...(hasMore ? [sampleSyncAddress(`10.0.${number}.11/24`, { isPrimary: false })] : []),
          ...(hasIPv6 ? [sampleSyncAddress(`fd00:0:0:${number}::10/64`)] : []),
        ],
        gateways: [`10.0.${number}.1`, ...(hasIPv6 ? [`fd00:0:0:${number}::1`] : [])],
      }),
    );

const enis = fc.tuple(...Array.from({ length: COUNT }, (_, at) => eni(at + 1)));

/** NICs at home, some with names that others are to have; besides a link that is no ENI. */
const links = fc
  .record({
    there: fc.array(fc.boolean(), { minLength: COUNT + 1, maxLength: COUNT + 1 }),
    names: fc.uniqueArray(index, { minLength: COUNT + 1, maxLength: COUNT + 1 }),
    isNamed: fc.array(fc.boolean(), { minLength: COUNT + 1, maxLength: COUNT + 1 }),
    isAltname: fc.array(fc.boolean(), { minLength: COUNT + 1, maxLength: COUNT + 1 }),
    up: fc.array(fc.boolean(), { minLength: COUNT + 1, maxLength: COUNT + 1 }),
  })
  .map(({ there, names, isNamed, isAltname, up }): Link[] =>
    there.flatMap((isThere, at) => {
      if (!isThere) return [];
      const name = isNamed[at] ? `cce-eni-${names[at]}` : `eth${at + 1}`;
      const naming = isAltname[at] ? { altnames: [name], name: `ens${at + 1}` } : { name };
      return [nicOf(at + 1, { ...naming, up: up[at] ?? false })];
    }),
  );

const rules = fc
  .uniqueArray(fc.tuple(fc.constantFrom(127, 128, 130, 252, 256, 126, 254), index, fc.boolean(), fc.boolean()), {
    selector: String,
  })
  .map((all): Rule[] =>
    all.map(([table, number, isFrom, isSpecial]) => {
      const host = `10.0.${number}.10`;
      return isFrom
        ? sampleRule({ priority: table + 1025, from: host, table: String(table), isSpecial })
        : sampleRule({ priority: table + 512, to: host, table: 'main', isSpecial });
    }),
  );

const node = fc.tuple(links, rules).map(([seen, present]): NodeView => sampleNode(seen, { rules: present }));

const namesIn = ({ enis: all }: SyncPlan): string[] => all.map(({ id, name }) => `${id} ${name}`).sort();

describe('a plan that was carried out', () => {
  it('leaves nothing to be done, whatever the node was like', () => {
    fc.assert(
      fc.property(enis, node, (wanted, before) => {
        const plan = planSync(wanted, before);
        const again = planSync(wanted, nodeAfter(before, stepsOf(plan)));
        expect([stepsOf(again), again.left]).toEqual([[], plan.left]);
        expect(namesIn(again)).toEqual(namesIn(plan));
      }),
      { numRuns: 500 },
    );
  });

  it('leaves those as they are of which it says so, the rules that are not ours, and the links of nobody', () => {
    fc.assert(
      fc.property(enis, node, (wanted, before) => {
        const plan = planSync(wanted, before);
        const now = nodeAfter(before, stepsOf(plan));
        const { left } = plan;
        const ids = new Set(left.map(({ id }) => id));
        const alone = wanted.filter(({ id }) => ids.has(id)).map(({ mac }) => mac);
        const untouched = ({ links: all }: NodeView): Link[] =>
          all.filter(({ mac }) => alone.includes(mac) || !wanted.some((each) => each.mac === mac));
        expect(untouched(now)).toEqual(untouched(before));
        const foreign = before.rules.filter(({ isSpecial, table }) => isSpecial || table === '126' || table === '254');
        expect(now.rules).toEqual(expect.arrayContaining(foreign));
      }),
      { numRuns: 500 },
    );
  });

  it('gives no name, number or table to two', () => {
    fc.assert(
      fc.property(enis, node, (wanted, before) => {
        const plan = planSync(wanted, before);
        const names = nodeAfter(before, stepsOf(plan)).links.flatMap(({ name, altnames }) => [name, ...altnames]);
        expect(new Set(names).size).toBe(names.length);
        const tables = plan.enis.flatMap(({ id, index: number }) => {
          const { mode, routeTableOffset } = wanted.find((each) => each.id === id) as SyncEni;
          return mode === 'Secondary' ? [routeTableOffset + number] : [];
        });
        expect(new Set(tables).size).toBe(tables.length);
        expect(tables.filter((table) => [0, 253, 254, 255].includes(table))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
