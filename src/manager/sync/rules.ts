/** The rules by which packets of ENIs' addresses find their tables. Pure. */
import type { Step } from '../../link/arrange.js';
import type { IpCommand } from '../../link/kernel.js';
import type { Rule } from '../../model/rule.js';
import type { SyncEni } from '../../model/sync.js';
import type { Numbered } from './number.js';
import { fromPriority, isOfEnis, toPriority } from './table.js';

/** A rule that no ENI wants any more. */
export interface StaleRule {
  /** The address that it is for. */
  readonly host: string;
  readonly step: Step;
}

/** What is missing, of ENIs in Secondary mode. */
export function missingRules(seen: readonly Rule[]): (numbered: Numbered) => IpCommand[] {
  const there = new Set(seen.filter(({ isSpecial }) => !isSpecial).map(keyOf));
  return (numbered) => {
    const wanted = new Map(wantedRules(numbered).map((rule) => [keyOf(rule), rule] as const));
    return [...wanted].filter(([key]) => !there.has(key)).map(([, rule]) => command('add', rule));
  };
}

/**
 * Rules of our form for an address that no ENI has there.
 *
 * @param numbered ENIs in Secondary mode that the node is set up for
 * @param enis all of the node: rules for addresses of those that are left alone stay
 */
export function staleRules(
  numbered: readonly Numbered[],
  enis: readonly SyncEni[],
  seen: readonly Rule[],
): StaleRule[] {
  const wanted = new Set(numbered.flatMap(wantedRules).map(keyOf));
  const setUp = new Set(numbered.map(({ eni }) => eni.id));
  const kept = new Set(enis.filter(({ id }) => !setUp.has(id)).flatMap(hostsOf));
  const offsets = enis.map(({ routeTableOffset }) => routeTableOffset);
  return seen
    .filter((rule) => isOurs(rule, offsets) && !wanted.has(keyOf(rule)) && !kept.has(hostOf(rule)))
    .map((rule) => ({ host: hostOf(rule), step: { ip: command('del', rule) } }));
}

function wantedRules({ eni, table }: Numbered): Rule[] {
  if (!eni.installSourceBasedRouting) return [];
  return hostsOf(eni).flatMap((host) => {
    const family = host.includes(':') ? (6 as const) : (4 as const);
    return [
      { family, priority: toPriority(table), from: null, to: host, table: 'main', isSpecial: false },
      { family, priority: fromPriority(table), from: host, to: null, table: String(table), isSpecial: false },
    ];
  });
}

/** The addresses of an ENI that rules are for. */
export function hostsOf({ addresses }: SyncEni): string[] {
  return addresses.flatMap(({ address, publicIP }) => [
    address.split('/')[0] ?? '',
    ...(publicIP === null ? [] : [publicIP]),
  ]);
}

/** What it is a rule for; a network is no host of an ENI's. */
function hostOf({ from, to }: Rule): string {
  return from ?? to ?? '';
}

/** Whether nobody but a manager of ENIs makes such a rule: all its parts must fit together. */
function isOurs({ isSpecial, from, to, table, priority }: Rule, offsets: readonly number[]): boolean {
  if (isSpecial || table === null || (from ?? '').includes('/') || (to ?? '').includes('/')) return false;
  if (from !== null && to === null) return isOfEnis(table, offsets) && priority === fromPriority(Number(table));
  return to !== null && from === null && table === 'main' && isOfEnis(String(priority - toPriority(0)), offsets);
}

function keyOf({ family, priority, from, to, table }: Rule): string {
  return [family, priority, from, to, table].join(' ');
}

function command(verb: 'add' | 'del', { family, priority, from, to, table }: Rule): IpCommand {
  return [
    ...(family === 6 ? ['-6'] : []),
    ...['rule', verb],
    ...(from === null ? [] : ['from', from]),
    ...(to === null ? [] : ['to', to]),
    ...['lookup', table ?? '', 'priority', String(priority)],
  ];
}
