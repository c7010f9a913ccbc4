/**
 * The line of usage of each command. oclif's own has every flag that excludes another exclude all of them, puts one that needs another
 * so that neither can be given alone, and leaves empty places where two need the same. Pure.
 */
import type { Command } from '@oclif/core';

type Flag = Command.Flag.Cached;

/** `add OWNER --netns NETNS [--eni ID [--force]]`: what must be given first, what all commands have last. */
export function usageOf({ args, flags }: Pick<Command.Cached, 'args' | 'flags'>): string {
  const seen = Object.values(flags).filter(({ hidden }) => hidden !== true);
  const required = seen.filter((flag) => flag.required === true);
  const own = seen.filter((flag) => flag.required !== true && flag.helpGroup !== 'GLOBAL');
  const common = seen.filter((flag) => flag.required !== true && flag.helpGroup === 'GLOBAL');
  const words = Object.values(args)
    .filter(({ hidden }) => hidden !== true)
    .map(({ name, required: isRequired }) => (isRequired === true ? name.toUpperCase() : `[${name.toUpperCase()}]`));
  return ['<%= command.id %>', ...words, ...required.map(spelled), ...optional(own), ...optional(common)].join(' ');
}

function optional(flags: readonly Flag[]): string[] {
  const dependents = (of: Flag): Flag[] => flags.filter(({ dependsOn = [] }) => dependsOn[0] === of.name);
  const whole = (flag: Flag): string =>
    [spelled(flag), ...dependents(flag).map((each) => `[${whole(each)}]`)].join(' ');
  const isInner = (flag: Flag): boolean => flags.some((other) => dependents(other).includes(flag));
  return alternatives(flags.filter((flag) => !isInner(flag))).map((group) => {
    const repeats = group.some((flag) => flag.type === 'option' && flag.multiple === true);
    return `[${group.map(whole).join(' | ')}]${repeats ? '...' : ''}`;
  });
}

/** Flags of which each excludes each other one and nothing else stand together; of all others the error says what they exclude. */
function alternatives(flags: readonly Flag[]): Flag[][] {
  const rivals = (flag: Flag): Flag[] => flags.filter((other) => other === flag || exclude(flag, other));
  const isWhole = (group: readonly Flag[]): boolean =>
    group.every((flag) => rivals(flag).length === group.length && rivals(flag).every((other) => group.includes(other)));
  return flags.flatMap((flag) => {
    const group = rivals(flag);
    if (!isWhole(group)) return [[flag]];
    return group[0] === flag ? [group] : [];
  });
}

function exclude(one: Flag, other: Flag): boolean {
  return (one.exclusive ?? []).includes(other.name) || (other.exclusive ?? []).includes(one.name);
}

/** What is longer would be broken on a narrow terminal; the list of flags has the values, too. */
const LONGEST = 30;

function spelled(flag: Flag): string {
  const name = flag.char === undefined ? `--${flag.name}` : `-${flag.char}`;
  if (flag.type === 'boolean') return name;
  const values = flag.options?.join('|');
  const value = values === undefined || values.length > LONGEST ? flag.name.toUpperCase() : values;
  return `${name} ${flag.helpValue ?? value}`;
}
