/** iproute2's words for the kernel's numbers, those that every node has; other numbers are written as such. */
const TABLES = { local: 255, main: 254, default: 253 };
const SCOPES = { global: 0, site: 200, link: 253, host: 254, nowhere: 255 };
const GROUPS = { default: 0 };
const PROTOCOLS = {
  unspec: 0,
  redirect: 1,
  kernel: 2,
  boot: 3,
  static: 4,
  ...{ gated: 8, ra: 9, mrt: 10, zebra: 11, bird: 12, dnrouted: 13, xorp: 14, ntk: 15, dhcp: 16, keepalived: 18 },
  ...{ babel: 42, openr: 99, bgp: 186, isis: 187, ospf: 188, rip: 189, eigrp: 192 },
};
/** A kind of number that has names. */
export interface Words {
  format(number: number): string;
  /** Undefined for a word that only this node's own configuration of iproute2 may know. */
  parse(word: string): number | undefined;
}

function words(numbers: Readonly<Record<string, number>>): Words {
  const names = new Map(Object.entries(numbers).map(([name, number]) => [number, name]));
  return {
    format: (number) => names.get(number) ?? String(number),
    parse: (word) =>
      Object.hasOwn(numbers, word) ? numbers[word] : /^\d{1,10}$/.test(word) ? Number(word) : undefined,
  };
}

export const table = words(TABLES);
export const scope = words(SCOPES);
export const group = words(GROUPS);
export const protocol = words(PROTOCOLS);
