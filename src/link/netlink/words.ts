/** iproute2's words for the kernel's numbers, those that every node has; other numbers are written as such. */
const TABLES = { 255: 'local', 254: 'main', 253: 'default' };
const SCOPES = { 0: 'global', 200: 'site', 253: 'link', 254: 'host', 255: 'nowhere' };
const GROUPS = { 0: 'default' };
const MODES = { 0: 'default', 1: 'dormant' };
const PROTOCOLS = {
  ...{ 0: 'unspec', 1: 'redirect', 2: 'kernel', 3: 'boot', 4: 'static', 8: 'gated', 9: 'ra', 10: 'mrt', 11: 'zebra' },
  ...{ 12: 'bird', 13: 'dnrouted', 14: 'xorp', 15: 'ntk', 16: 'dhcp', 18: 'keepalived', 42: 'babel', 99: 'openr' },
  ...{ 186: 'bgp', 187: 'isis', 188: 'ospf', 189: 'rip', 190: 'eigrp' },
};

/** A kind of number that has names. */
export interface Words {
  format(number: number): string;
  /** Undefined for a word that only this node's own configuration of iproute2 may know. */
  parse(word: string): number | undefined;
}

function words(names: Readonly<Record<number, string>>): Words {
  return {
    format: (number) => names[number] ?? String(number),
    parse(word) {
      const [known] = Object.entries(names).find(([, name]) => name === word) ?? [];
      return known !== undefined || /^\d{1,10}$/.test(word) ? Number(known ?? word) : undefined;
    },
  };
}

export const table = words(TABLES);
export const scope = words(SCOPES);
export const group = words(GROUPS);
export const mode = words(MODES);
export const protocol = words(PROTOCOLS);
