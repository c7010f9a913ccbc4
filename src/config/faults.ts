/** What is wrong with a settings file, in words that name the field and its value. Pure. */
import leven from 'leven';
import type * as v from 'valibot';

/** What is wrong with a settings file: where (`static.enis[0].mac`), and what, as a clause. */
export interface SettingsFault {
  readonly field: string;
  readonly fault: string;
}

/** Puts one of valibot's issues into words. */
export function toFault(issue: v.BaseIssue<unknown>): SettingsFault {
  const field = pathOf(issue);
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return { field, fault: `is no known key${didYouMean(issue)}` };
  }
  if (issue.received === 'undefined') return { field, fault: 'is missing' };
  if (issue.type === 'strict_object') return { field, fault: `is ${issue.received}, not an object` };
  if (['string', 'number', 'array', 'boolean'].includes(issue.type)) {
    return { field, fault: `is ${issue.received}, not ${issue.type === 'array' ? 'a list' : `a ${issue.type}`}` };
  }
  return { field, fault: issue.message };
}

function pathOf(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return path.replace(/^\./, '') || 'the file';
}

/** By the path of the object that they are in, with `#` for an index. */
const KNOWN_KEYS: Readonly<Record<string, readonly string[]>> = {
  '': ['provider', 'network', 'lockWait', 'static', 'kubernetes', 'agent'],
  agent: ['gcEvery', 'syncEvery', 'logLevel'],
  kubernetes: ['kubeconfig', 'nodeName', 'timeout'],
  static: ['enis', 'discover'],
  'static/discover': ['driver', 'name', 'exclude'],
  'static/enis/#': ['id', 'mac', 'pciAddress', 'ifname', 'mtu', 'ipv4', 'ipv6', 'routes'],
  'static/enis/#/ipv4': ['address', 'gateway'],
  'static/enis/#/ipv6': ['address', 'gateway'],
  'static/enis/#/routes/#': ['dst', 'gw'],
};

function didYouMean(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? '#' : String(key)));
  const key = path.at(-1) ?? '';
  const keys = KNOWN_KEYS[path.slice(0, -1).join('/')] ?? [];
  const distance = (each: string): number => leven(each.toLowerCase(), key.toLowerCase());
  const near = keys.filter((each) => distance(each) <= Math.max(2, Math.floor(each.length / 3)));
  const best = near.sort((a, b) => distance(a) - distance(b))[0];
  return best === undefined ? `; known here: ${keys.join(', ')}` : `; did you mean "${best}"?`;
}
