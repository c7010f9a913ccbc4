/** A node in memory that does the steps of a plan, and refuses what Linux refuses. */
import type { Step } from '../../../src/link/arrange.js';
import type { IpCommand } from '../../../src/link/kernel.js';
import type { NodeView } from '../../../src/manager/sync/plan.js';
import type { Link } from '../../../src/model/link.js';
import type { Rule } from '../../../src/model/rule.js';
import { sampleAddress } from '../../model/samples.js';
import { sampleRoute, sampleRule } from './samples.js';

/** The node after the steps. */
export function nodeAfter(node: NodeView, steps: readonly Step[]): NodeView {
  return steps.reduce(
    (now, step) => ('ip' in step ? changed(now, step.ip) : written(now, step.sysctl, step.value)),
    node,
  );
}

function written(node: NodeView, path: string, value: string): NodeView {
  const device = /\/conf\/([^/]+)\//.exec(path)?.[1] ?? '';
  if (device !== 'all') find(node, device);
  return { ...node, sysctls: new Map(node.sysctls).set(path, value) };
}

function changed(node: NodeView, command: IpCommand): NodeView {
  const words = command.filter((word) => word !== '-6');
  const value = (word: string): string | undefined => words[words.indexOf(word, 1) + 1];
  const dev = words.includes('dev') ? find(node, value('dev') ?? '') : undefined;
  switch (words.slice(0, 2).join(' ')) {
    case 'rule add':
    case 'rule del':
      return withRule(node, words[1] === 'add', {
        family: command[0] === '-6' ? 6 : 4,
        priority: Number(value('priority')),
        from: words.includes('from') ? (value('from') ?? null) : null,
        to: words.includes('to') ? (value('to') ?? null) : null,
        table: value('lookup') ?? null,
      });
    case 'address replace':
      return withLink(node, { ...get(dev), addresses: [...get(dev).addresses, sampleAddress(words[2] ?? '')] });
    case 'route replace':
      return withRoute(
        node,
        get(dev),
        words[2] ?? '',
        value('table') ?? '',
        words.includes('via') ? value('via') : null,
      );
    case 'link property':
      return withLink(node, { ...get(dev), altnames: get(dev).altnames.filter((name) => name !== value('altname')) });
    case 'link set':
      if (words.includes('name')) return renamed(node, get(dev), value('name') ?? '');
      return words.includes('up') ? withLink(node, { ...get(dev), up: true }) : down(node, get(dev));
    default:
      throw new Error(`The model does not know "ip ${command.join(' ')}".`);
  }
}

function withRule(node: NodeView, isAdded: boolean, rule: Partial<Rule>): NodeView {
  const same = (other: Rule): boolean =>
    Object.entries(sampleRule(rule)).every(([key, value]) => other[key as keyof Rule] === value);
  if (node.rules.some(same) === isAdded) throw new Error(isAdded ? 'File exists' : 'No such file or directory');
  return { ...node, rules: isAdded ? [...node.rules, sampleRule(rule)] : node.rules.filter((each) => !same(each)) };
}

function withRoute(node: NodeView, link: Link, to: string, table: string, via: string | null | undefined): NodeView {
  if (!link.up) throw new Error('Device for nexthop is not up');
  const [dst = '', length] = to.split('/');
  const route = sampleRoute({
    dst: length === '0' ? 'default' : dst,
    family: to.includes(':') ? 6 : 4,
    gateway: via ?? null,
    dev: link.name,
    table,
  });
  if (via !== null && !node.routes.some((each) => each.table === table && each.dst === via))
    throw new Error('Nexthop has invalid gateway');
  const key = (each: typeof route): string => `${each.family} ${each.dst} ${each.table}`;
  return withDefaults({ ...node, routes: [...node.routes.filter((each) => key(each) !== key(route)), route] });
}

function down(node: NodeView, link: Link): NodeView {
  const addresses = link.addresses.filter(({ family }) => family === 4);
  const lost = { ...node, routes: node.routes.filter(({ dev }) => dev !== link.name) };
  return withDefaults(withLink(lost, { ...link, up: false, addresses }));
}

function renamed(node: NodeView, link: Link, name: string): NodeView {
  if (link.up) throw new Error('Device or resource busy');
  if (node.links.some((each) => each.name === name || each.altnames.includes(name))) throw new Error('File exists');
  const moved = new Map(
    [...node.sysctls].map(([path, value]) => [path.replace(`/conf/${link.name}/`, `/conf/${name}/`), value]),
  );
  return withLink({ ...node, sysctls: moved }, { ...link, name });
}

/** Routes to everywhere are seen in two ways. */
function withDefaults(node: NodeView): NodeView {
  return { ...node, use: { ...node.use, defaultRoutes: node.routes.filter(({ dst }) => dst === 'default') } };
}

function withLink(node: NodeView, link: Link): NodeView {
  return { ...node, links: node.links.map((each) => (each.ifindex === link.ifindex ? link : each)) };
}

function find({ links }: NodeView, name: string): Link {
  return get(links.find((link) => link.name === name) ?? links.find(({ ifindex }) => `if${ifindex}` === name));
}

function get(link: Link | undefined): Link {
  if (link === undefined) throw new Error('Cannot find device');
  return link;
}
