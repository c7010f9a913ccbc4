/** Our own way to the kernel against that of iproute2: the same sights, the same changes, the same refusals. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createPrograms } from '../../../src/exec.js';
import { openIproute2 } from '../../../src/link/iproute2.js';
import type { IpCommand, Place, RouteFilter } from '../../../src/link/kernel.js';
import {
  parseCounters,
  parseDocument,
  parseLinks,
  parseMultipath,
  parseRoutes,
  parseRules,
} from '../../../src/link/parse.js';
import type { Counters } from '../../../src/model/counters.js';
import type { LinkRoute } from '../../../src/model/link.js';
import type { Rule } from '../../../src/model/rule.js';
import { ipBatch, must, run } from '../../fabric/exec.js';
import { createNetns, deleteNetns, netnsPath, uniqueName } from '../../fabric/netns.js';
import { describeAsRoot } from '../../fabric/requirements.js';
import { dropAll } from '../../fabric/xdp.js';
import type { Call, Calls, Reply } from './speaker.js';

const BUN = join(import.meta.dirname, '../../../node_modules/.bin/bun');
const SPEAKER = join(import.meta.dirname, 'speaker.ts');

const ALL_LINKS = ['address', 'show'];
const ALL_ROUTES = ['route', 'show', 'table', 'all'];

describeAsRoot('netlink of a process that waits for the kernel itself', () => speaks(false));

describeAsRoot('netlink of a process that has another thread wait', () => speaks(true));

function speaks(isConcurrent: boolean): void {
  const names: string[] = [];

  const makeNetns = async (): Promise<string> => {
    const name = uniqueName('netlink');
    names.push(name);
    await createNetns(name);
    await ipBatch(name, [
      'link set lo up',
      'link add eni0 address 02:e0:00:00:00:01 type veth peer name peer0',
      'link add bridge0 address 02:e0:00:00:00:02 type bridge',
      'link set peer0 up',
    ]);
    return name;
  };

  let ours: string;
  let theirs: string;

  beforeEach(async () => {
    [ours, theirs] = [await makeNetns(), await makeNetns()];
  });

  afterEach(async () => {
    for (const name of names.splice(0)) await deleteNetns(name);
  });

  const at = (name: string): Place => ({ path: netnsPath(name) });

  /** What our netlink answers; at home is the netns that the process is started in. */
  const ask = (call: Call, startedIn?: string): Promise<Reply> => askInOrder([call], startedIn);

  const askInOrder = async (calls: readonly Call[], startedIn?: string): Promise<Reply> => {
    const enter = startedIn === undefined ? [] : ['nsenter', `--net=${netnsPath(startedIn)}`, '--'];
    const [program = '', ...args] = [...enter, BUN, 'run', SPEAKER];
    return JSON.parse(
      await must(program, args, { input: JSON.stringify({ calls, isConcurrent } satisfies Calls) }),
    ) as Reply;
  };

  const answer = async (call: Call, startedIn?: string): Promise<unknown> => {
    const reply = await ask(call, startedIn);
    if ('code' in reply) throw new Error(reply.message);
    return reply.answer;
  };

  const change = async (place: Place, commands: readonly IpCommand[], startedIn?: string): Promise<void> => {
    await answer({ name: 'change', args: [place, commands] }, startedIn);
  };

  const indexOf = async (name: string, link: string): Promise<number> =>
    parseLinks(await asIpSees(name, [...ALL_LINKS, 'dev', link]))[0]?.ifindex ?? 0;

  const asIpSees = async (name: string, command: IpCommand): Promise<unknown> =>
    parseDocument(await must('ip', ['-n', name, '-j', '-d', ...command]));

  /** Links as ip tells them, which may know fewer limits of packets than the kernel has. */
  const linksAsIpSees = async (name: string, ...words: readonly string[]) =>
    parseLinks(
      await asIpSees(name, ['address', 'show', ...words]),
      await asIpSees(name, ['link', 'show', ...words]),
    ).map((link) => ({ ...link, packets: expect.objectContaining(link.packets) }));

  it('sees links as ip does: flags, names, addresses, masters, kinds', async () => {
    await ipBatch(ours, [
      'link set eni0 alias "enim eni-1 of default/web-0"',
      // Or the kernel looks for duplicates of its own address while we look.
      'link set eni0 addrgenmode none',
      'link property add dev eni0 altname ens5',
      'link property add dev eni0 altname enp0s5',
      'link set eni0 address 02:e0:00:00:00:99 mtu 1400 txqueuelen 77 group 5 promisc on arp off multicast off allmulticast on up',
      'link set eni0 broadcast 02:00:00:00:00:98',
      'link set eni0 mode dormant gso_max_size 30000 gso_max_segs 100 gro_max_size 40000',
      'link set peer0 master bridge0 down',
      'address add 10.0.0.10/24 dev eni0',
      'address add 10.0.0.11/32 peer 10.0.0.12/32 dev eni0',
      'address add 169.254.7.1/16 scope link dev eni0',
      'address add fd00::10/64 dev eni0 nodad',
      'address add ::ffff:10.0.0.9/128 dev eni0 nodad',
    ]);

    const seen = await answer({ name: 'links', args: [at(ours)] });

    const expected = await linksAsIpSees(ours);
    expect(seen).toEqual(expected);
    expect(expected.map(({ name }) => name)).toEqual(expect.arrayContaining(['lo', 'eni0', 'peer0', 'bridge0']));
  });

  it('sees a link that has as many altnames as the kernel lets it have', async () => {
    const altnames = Array.from({ length: 495 }, (_, index) => String(index).padEnd(127, 'x'));
    await ipBatch(
      ours,
      altnames.map((altname) => `link property add dev eni0 altname ${altname}`),
    );
    expect(await answer({ name: 'links', args: [at(ours)] })).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'eni0', altnames })]),
    );
    expect(await answer({ name: 'links', args: [at(ours), 'eni0'] })).toMatchObject([{ altnames }]);
  });

  it('sees whether a link has a carrier', async () => {
    await ipBatch(ours, ['link set eni0 up', 'link set peer0 down']);
    expect(await answer({ name: 'links', args: [at(ours), 'eni0'] })).toMatchObject([{ up: true, carrier: false }]);

    await ipBatch(ours, ['link set peer0 up']);
    expect(await answer({ name: 'links', args: [at(ours), 'eni0'] })).toMatchObject([{ up: true, carrier: true }]);
  });

  it('counts what went through a link as ip does', async () => {
    await ipBatch(ours, [
      ...['eni0', 'peer0'].flatMap((name) => [`link set ${name} addrgenmode none`, `link set ${name} down`]),
      ...['link set eni0 up', 'link set peer0 up', 'address add 10.0.0.10/24 dev eni0'],
    ]);
    // Nobody answers: what one end sends the other receives.
    await run('nsenter', [`--net=${netnsPath(ours)}`, 'ping', '-q', '-c', '1', '-W', '1', '10.0.0.77']);

    for (const name of ['eni0', 'peer0']) {
      const counted = await answer({ name: 'counters', args: [at(ours), name] });
      expect(counted).toEqual(parseCounters(await asIpSees(ours, ['-s', 'link', 'show', 'dev', name])));
      expect(counted).toMatchObject({ [name === 'eni0' ? 'sent' : 'received']: { packets: expect.any(Number) } });
    }
    const { sent, received } = (await answer({ name: 'counters', args: [at(ours), 'eni0'] })) as Counters;
    expect(sent.packets).toBeGreaterThan(received.packets);
    expect(sent.bytes).toBeGreaterThan(sent.packets);
    expect(await answer({ name: 'counters', args: [at(ours), 'eni7'] })).toBeNull();
  });

  it('sees one link alone, by its name, an altname, or its index', async () => {
    await ipBatch(ours, ['link property add dev eni0 altname ens5', 'address add 10.0.0.10/24 dev eni0']);
    const [expected] = await linksAsIpSees(ours, 'dev', 'eni0');

    for (const name of ['eni0', 'ens5', `if${expected?.ifindex}`])
      expect(await answer({ name: 'links', args: [at(ours), name] })).toEqual([expected]);
    expect(await answer({ name: 'links', args: [at(ours), 'eni7'] })).toEqual([]);
  });

  it('knows whether a name is a link’s: by itself, not by the index that it may stand for', async () => {
    const index = await indexOf(ours, 'eni0');
    await ipBatch(ours, ['link property add dev eni0 altname ens5', `link set bridge0 name if${index + 1}`]);

    for (const name of ['eni0', 'ens5', `if${index + 1}`])
      expect(await answer({ name: 'isTaken', args: [at(ours), name] })).toBe(true);
    for (const name of ['eni7', `if${index}`])
      expect(await answer({ name: 'isTaken', args: [at(ours), name] })).toBe(false);
  });

  it('means the link of an index by a word that was nobody’s name, also once somebody else takes that', async () => {
    const word = `if${await indexOf(ours, 'eni0')}`;
    const taken: Call = { name: 'isTaken', args: [at(ours), word] };
    const label: Call = { name: 'change', args: [at(ours), [['link', 'set', 'dev', word, 'alias', 'ours']]] };
    const look: Call = { name: 'links', args: [at(ours), word] };
    // By another way into the netns it is as if another process did it.
    const elsewhere = { path: netnsPath(ours).replace(/^\/run\//, '/var/run/') };
    const take: Call = { name: 'change', args: [elsewhere, [['link', 'set', 'dev', 'bridge0', 'name', word]]] };

    expect(await askInOrder([taken, take, label, look])).toMatchObject({ answer: [{ name: 'eni0', alias: 'ours' }] });
    expect(await askInOrder([taken, look])).toMatchObject({ answer: [{ name: word, kind: 'bridge' }] });
  });

  it('sees of one link alone which others it belongs to', async () => {
    await ipBatch(ours, ['link set eni0 master bridge0']);

    expect(await answer({ name: 'links', args: [at(ours), 'eni0'] })).toMatchObject([{ master: 'bridge0' }]);
  });

  it('sees routes as ip does: of every table, both families, with several next hops', async () => {
    await ipBatch(ours, [
      'link set eni0 up',
      'address add 10.0.0.10/24 dev eni0',
      'address add fd00::10/64 dev eni0 nodad',
      'route add default via 10.0.0.1 dev eni0 metric 50',
      'route add default via 10.0.0.2 dev eni0 table 1000 proto static',
      'route add 10.9.0.0/16 via inet6 fe80::1 dev eni0 onlink',
      'route add 10.8.0.1 dev eni0 scope link src 10.0.0.10 proto 77',
      'route add 10.7.0.0/16 nexthop via 10.0.0.3 dev eni0 weight 3 nexthop via inet6 fe80::4 dev eni0 onlink',
      'link set bridge0 up',
      'address add 10.1.0.10/24 dev bridge0',
      'route add 10.5.0.0/16 nexthop via 10.0.0.3 dev eni0 nexthop via 10.1.0.3 dev bridge0 weight 2',
      'route add 10.4.0.0/16 nexthop via 10.1.0.3 dev bridge0 nexthop via 10.1.0.4 dev bridge0',
      'route add blackhole 10.6.0.0/16',
      'route add ::/0 via fd00::1 dev eni0',
      'route add fd01::/48 via fd00::2 dev eni0 metric 7 table 77',
    ]);

    const filters: [RouteFilter, string[], string?][] = [
      [{ to: 'everywhere' }, ['default']],
      [{ to: 'anywhere' }, []],
      [{ dev: 'eni0' }, ['dev', 'eni0'], 'eni0'],
    ];
    for (const [filter, words, dev] of filters) {
      const seen = (await answer({ name: 'routes', args: [at(ours), filter] })) as LinkRoute[];
      const expected = [
        ...parseRoutes(await asIpSees(ours, [...ALL_ROUTES, ...words]), dev),
        ...(dev === undefined ? [] : parseMultipath(await asIpSees(ours, ALL_ROUTES), dev)),
      ];
      expect(inOrder(seen)).toEqual(inOrder(expected));
      expect(expected.length).toBeGreaterThan(2);
    }
  });

  it('sees a route with several next hops as one for each', async () => {
    await ipBatch(ours, [
      'link set eni0 up',
      'address add 10.0.0.10/24 dev eni0',
      'route add default nexthop via 10.0.0.3 dev eni0 nexthop via 10.0.0.4 dev eni0',
    ]);

    const seen = (await answer({ name: 'routes', args: [at(ours), { to: 'everywhere' }] })) as LinkRoute[];

    expect(inOrder(seen)).toEqual(inOrder(parseRoutes(await asIpSees(ours, [...ALL_ROUTES, 'default']))));
    expect(seen.map(({ gateway }) => gateway).sort()).toEqual(['10.0.0.3', '10.0.0.4']);
  });

  it('sees sysctls as their files say, those that the kernel tells along with the links and others', async () => {
    const path = (key: string): string => `/proc/sys/net/${key}`;
    const set = {
      ...{ [path('ipv4/conf/eni0/rp_filter')]: '2', [path('ipv4/conf/peer0/rp_filter')]: '0' },
      ...{ [path('ipv4/conf/all/rp_filter')]: '1', [path('ipv4/conf/eni0/arp_notify')]: '1' },
      ...{ [path('ipv6/conf/eni0/accept_dad')]: '-1', [path('ipv6/conf/eni0/dad_transmits')]: '7' },
      ...{ [path('ipv6/conf/eni0/autoconf')]: '0', [path('ipv6/conf/eni0/keep_addr_on_down')]: '1' },
      ...{ [path('ipv6/conf/peer0/autoconf')]: '1', [path('ipv6/conf/peer0/keep_addr_on_down')]: '-1' },
    };
    const write = Object.entries(set).map(([file, value]) => `echo ${value} > ${file}`);
    await must('nsenter', [`--net=${netnsPath(ours)}`, 'sh', '-ec', write.join('\n')]);
    const others = ['ipv4/conf/none/rp_filter', 'ipv4/conf/eni0/none'].map(path);

    expect(await answer({ name: 'sysctls', args: [[...Object.keys(set), ...others]] }, ours)).toEqual(set);
  });

  it('sees rules as ip does: of both families, plain ones and those that ask or do more', async () => {
    await ipBatch(ours, [
      'rule add from 10.0.0.10 lookup 127 priority 1152',
      'rule add to 10.0.0.10 lookup main priority 639',
      'rule add from 10.8.0.0/16 to 10.9.0.1 lookup 1000 priority 0',
      'rule add not from 10.0.0.11 lookup 127 priority 7',
      'rule add from 10.0.0.11 fwmark 3/7 lookup 127 priority 8',
      'rule add from 10.0.0.11 iif eni0 lookup 127 priority 9',
      'rule add from 10.0.0.11 tos 0x10 lookup 127 priority 10',
      'rule add from 10.0.0.11 ipproto tcp dport 80 lookup 127 priority 11',
      'rule add lookup main suppress_prefixlength 0 priority 12',
      'rule add blackhole from 10.0.0.12 priority 13',
      'rule add goto 32766 from 10.0.0.12 priority 14',
    ]);
    for (const command of [
      'from fd00::10 lookup 127 priority 1152',
      'to ::ffff:10.0.0.9 iif lo lookup main priority 639',
    ])
      await must('ip', ['-n', ours, '-6', 'rule', 'add', ...command.split(' ')]);

    const seen = await answer({ name: 'rules', args: [at(ours)] });

    expect(seen).toEqual(await rulesIn(ours));
    expect(seen).toEqual(
      expect.arrayContaining([
        { family: 4, priority: 1152, from: '10.0.0.10', to: null, table: '127', isSpecial: false },
        { family: 4, priority: 639, from: null, to: '10.0.0.10', table: 'main', isSpecial: false },
        { family: 4, priority: 0, from: '10.8.0.0/16', to: '10.9.0.1', table: '1000', isSpecial: false },
        { family: 4, priority: 13, from: '10.0.0.12', to: null, table: null, isSpecial: true },
        { family: 6, priority: 1152, from: 'fd00::10', to: null, table: '127', isSpecial: false },
      ]),
    );
    const special = (seen as Rule[]).filter(({ isSpecial }) => isSpecial).map(({ priority }) => priority);
    expect(special).toEqual([7, 8, 9, 10, 11, 12, 13, 14, 639]);
  });

  it.each<[string, IpCommand[]]>([
    [
      'rules, and takes some away again',
      [
        ['rule', 'add', 'from', '10.0.0.10', 'lookup', '127', 'priority', '1152'],
        ['rule', 'add', 'from', '10.0.0.11', 'lookup', '127', 'priority', '1152'],
        ['rule', 'add', 'from', '10.8.0.0/16', 'to', '10.9.0.1', 'lookup', '1000', 'priority', '7'],
        ['rule', 'del', 'from', '10.0.0.10', 'lookup', '127', 'priority', '1152'],
        ['rule', 'add', 'to', '10.0.0.10', 'lookup', 'main', 'priority', '639'],
        ['-6', 'rule', 'add', 'from', 'fd00::10', 'lookup', '127', 'priority', '1152'],
        ['-6', 'rule', 'add', 'to', 'fd00::10', 'lookup', 'main', 'priority', '639'],
        ['-6', 'rule', 'del', 'from', 'fd00::10', 'lookup', '127', 'priority', '1152'],
      ],
    ],
    ['a rule that only the program knows', [['rule', 'add', 'fwmark', '3', 'lookup', '127', 'priority', '5']]],
    ['a name, while it is down', [['link', 'set', 'dev', 'eni0', 'name', 'eth7']]],
    [
      'what a NIC is set up with',
      [
        ['link', 'set', 'dev', 'eni0', 'down'],
        ['link', 'set', 'dev', 'eni0', 'address', '02:E0:00:00:00:77'],
        ['link', 'set', 'dev', 'eni0', 'mtu', '1400'],
        ['address', 'replace', '10.0.0.10/24', 'dev', 'eni0'],
        ['address', 'replace', 'fd00::10/64', 'dev', 'eni0', 'nodad'],
        ['link', 'set', 'dev', 'eni0', 'up'],
        ['route', 'replace', '10.1.0.1/32', 'dev', 'eni0', 'scope', 'link'],
        ['route', 'replace', '0.0.0.0/0', 'via', '10.0.0.1', 'dev', 'eni0'],
        ['route', 'replace', '::/0', 'via', 'fd00::1', 'dev', 'eni0'],
        ['route', 'replace', '10.3.0.0/16', 'dev', 'eni0'],
      ],
    ],
    [
      'what a NIC is restored with',
      [
        ['link', 'set', 'dev', 'eni0', 'txqueuelen', '77'],
        ['link', 'set', 'dev', 'eni0', 'group', '5'],
        ['link', 'set', 'dev', 'eni0', 'group', 'default'],
        ['link', 'set', 'dev', 'eni0', 'promisc', 'on'],
        ['link', 'set', 'dev', 'eni0', 'promisc', 'off'],
        ['link', 'set', 'dev', 'eni0', 'promisc', 'on'],
        ['link', 'set', 'dev', 'eni0', 'arp', 'off'],
        ['link', 'set', 'dev', 'eni0', 'arp', 'on'],
        ['link', 'set', 'dev', 'eni0', 'multicast', 'on'],
        ['link', 'set', 'dev', 'eni0', 'multicast', 'off'],
        ['link', 'set', 'dev', 'eni0', 'allmulticast', 'off'],
        ['link', 'set', 'dev', 'eni0', 'allmulticast', 'on'],
        ['link', 'set', 'dev', 'eni0', 'mode', 'dormant'],
        ['link', 'set', 'dev', 'eni0', 'mode', 'default'],
        ['link', 'set', 'dev', 'eni0', 'gso_max_size', '30000', 'gso_max_segs', '100', 'gro_max_size', '40000'],
        ['link', 'set', 'dev', 'eni0', 'xdpgeneric', 'off'],
        ['link', 'set', 'dev', 'eni0', 'xdpdrv', 'off'],
        ['link', 'property', 'add', 'dev', 'eni0', 'altname', 'ens5'],
        ['link', 'property', 'add', 'dev', 'eni0', 'altname', 'enp0s5'],
        ['link', 'property', 'del', 'dev', 'eni0', 'altname', 'ens5'],
        ['address', 'add', '10.0.0.10/24', 'dev', 'eni0', 'scope', 'global'],
        ['address', 'add', '169.254.7.1/16', 'dev', 'eni0', 'scope', 'link'],
        ['address', 'add', '127.9.0.1/8', 'dev', 'eni0'],
        ['address', 'del', '169.254.7.1/16', 'dev', 'eni0'],
        ['link', 'set', 'dev', 'eni0', 'master', 'bridge0'],
        ['link', 'set', 'dev', 'eni0', 'up'],
        [
          'route',
          'replace',
          'default',
          'via',
          '10.0.0.1',
          'dev',
          'eni0',
          'table',
          'main',
          'metric',
          '50',
          'proto',
          'static',
          'onlink',
        ],
        [
          'route',
          'replace',
          '10.9.0.0/16',
          'via',
          'inet6',
          'fe80::1',
          'dev',
          'eni0',
          'table',
          '1000',
          'src',
          '10.0.0.10',
          'onlink',
        ],
        [
          'route',
          'replace',
          '::/0',
          'via',
          'fe80::1',
          'dev',
          'eni0',
          'table',
          '77',
          'metric',
          '9',
          'proto',
          'ra',
          'onlink',
        ],
        ['route', 'replace', '10.8.0.1', 'dev', 'eni0', 'table', 'local', 'scope', 'host', 'proto', 'boot'],
      ],
    ],
    [
      'an alias, and none',
      [
        ['link', 'set', 'dev', 'peer0', 'alias', 'never to be seen'],
        ['link', 'set', 'dev', 'peer0', 'alias', ''],
        ['link', 'set', 'dev', 'eni0', 'alias', 'with blanks, “quotes” and #'],
      ],
    ],
    [
      'a neighbour that is looked for',
      [
        ['address', 'add', '10.0.0.10/24', 'dev', 'eni0'],
        ['link', 'set', 'dev', 'eni0', 'up'],
        ['neighbour', 'replace', '10.0.0.1', 'dev', 'eni0', 'use'],
      ],
    ],
    ['what only the program knows', [['link', 'set', 'dev', 'eni0', 'dynamic', 'on']]],
  ])('sets %s as ip does', async (_, commands) => {
    await change(at(ours), commands);
    for (const command of commands) await must('ip', ['-n', theirs, ...command]);

    const seen = await everything(ours);
    expect(seen).toEqual(await everything(theirs));
    expect(seen).not.toEqual(await everything(await makeNetns()));
  });

  it('takes a program of XDP off again, which it sees as ip does', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'enim-xdp-'));
    const file = join(directory, 'drop.o');
    writeFileSync(file, dropAll());
    try {
      for (const place of ['xdpdrv', 'xdpgeneric']) {
        await ipBatch(ours, [`link set dev eni0 ${place} object ${file} section xdp`]);
        const seen = await answer({ name: 'links', args: [at(ours), 'eni0'] });
        expect(seen).toEqual(await linksAsIpSees(ours, 'dev', 'eni0'));
        expect(seen).toMatchObject([{ xdp: [place] }]);

        await change(at(ours), [['link', 'set', 'dev', 'eni0', place, 'off']]);
        expect(await linkIn(ours, 'eni0')).toMatchObject({ xdp: [] });
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('sees the limits of IPv4 packets, which not every ip knows, and sets them', async () => {
    const limits = { gso_ipv4_max_size: 20_000, gro_ipv4_max_size: 21_000 };
    const words = Object.entries(limits).flatMap(([word, value]) => [word, String(value)]);
    await change(at(ours), [['link', 'set', 'dev', 'eni0', 'gso_max_size', '40000', ...words]]);
    const packets = expect.objectContaining({ gso_max_size: 40_000, ...limits });
    expect(await answer({ name: 'links', args: [at(ours), 'eni0'] })).toMatchObject([{ packets }]);
  });

  it('sets and sees rules of both families as our way through the program does', async () => {
    const commands = [
      ['rule', 'add', 'from', '10.0.0.10', 'lookup', '127', 'priority', '1152'],
      ['-6', 'rule', 'add', 'to', '::ffff:10.0.0.9', 'lookup', 'main', 'priority', '639'],
      ['-6', 'rule', 'add', 'from', 'fd00::10', 'lookup', '1000', 'priority', '1152'],
      ['rule', 'add', 'not', 'from', '10.0.0.11', 'lookup', '127', 'priority', '7'],
    ];
    const program = openIproute2(createPrograms(10_000), []);
    try {
      await change(at(ours), commands);
      await program.change(at(theirs), commands);

      const seen = await program.rules(at(theirs));
      expect(seen).toEqual(await answer({ name: 'rules', args: [at(ours)] }));
      expect(seen.map(({ family, priority }) => `${family} ${priority}`)).toEqual(
        expect.arrayContaining(['4 7', '4 1152', '6 639', '6 1152']),
      );
    } finally {
      await program.close();
    }
  });

  it('moves a link to another netns under a new name, from home and back', async () => {
    const index = parseLinks(await asIpSees(ours, ALL_LINKS)).find(({ name }) => name === 'eni0')?.ifindex;
    await must('ip', ['-n', theirs, 'link', 'del', 'eni0']);

    await change('home', [['link', 'set', 'dev', `if${index}`, 'netns', netnsPath(theirs), 'name', 'eth0']], ours);
    expect(await namesIn(theirs)).toContain('eth0');

    await change(at(theirs), [['link', 'set', 'dev', 'eth0', 'netns', netnsPath(ours), 'name', 'eni0']]);
    expect(await namesIn(theirs)).not.toContain('eth0');
    expect(await namesIn(ours)).toContain('eni0');
  });

  it('means what has just come by a name that is also the word for the index of another link there', async () => {
    const word = `if${await indexOf(theirs, 'bridge0')}`;
    await askInOrder([
      { name: 'links', args: [at(theirs)] },
      { name: 'change', args: [at(ours), [['link', 'set', 'dev', 'eni0', 'netns', netnsPath(theirs), 'name', word]]] },
      { name: 'change', args: [at(theirs), [['link', 'set', 'dev', word, 'mtu', '1400']]] },
    ]);
    expect([await linkIn(theirs, word), await linkIn(theirs, 'bridge0')]).toMatchObject([{ mtu: 1400 }, { mtu: 1500 }]);
  });

  it.each<[string, IpCommand]>([
    ['a name that is taken', ['link', 'set', 'dev', 'eni0', 'name', 'bridge0']],
    ['a link that is not there', ['link', 'set', 'dev', 'eni7', 'up']],
    ['an address on a link that is not there', ['address', 'add', '10.0.0.1/24', 'dev', 'eni7']],
    ['an address that is there', ['address', 'add', '127.0.0.1/8', 'dev', 'lo', 'scope', 'host']],
    ['an address that is not there', ['address', 'del', '10.0.0.1/24', 'dev', 'eni0']],
    ['a gateway that cannot be reached', ['route', 'replace', 'default', 'via', '10.0.0.1', 'dev', 'lo']],
    ['an MTU that is too small', ['link', 'set', 'dev', 'eni0', 'mtu', '1']],
    ['an altname that is taken', ['link', 'property', 'add', 'dev', 'eni0', 'altname', 'lo']],
    ['a rule that is not there', ['rule', 'del', 'from', '10.0.0.10', 'lookup', '127', 'priority', '1152']],
    ['a rule of the other family', ['rule', 'add', 'from', 'fd00::1', 'lookup', '127', 'priority', '7']],
    ['a master that is none', ['link', 'set', 'dev', 'eni0', 'master', 'lo']],
  ])('says of %s what ip says', async (_, command) => {
    const reply = await ask({ name: 'change', args: [at(ours), [command]] });

    const { stderr } = await run('ip', ['-n', ours, ...command]);
    const [, reason] = /^(?:RTNETLINK answers|Error): (.+?)\.?$/m.exec(stderr) ?? [undefined, stderr.trim()];
    expect(reply).toEqual({
      code: 'LINK_FAILED',
      message: `"ip ${command.join(' ')}" in netns ${netnsPath(ours)}: ${reason}.`,
    });
  });

  it('stops at the first command that fails, or goes on if told to', async () => {
    const commands = [
      ['link', 'set', 'dev', 'eni7', 'up'],
      ['link', 'set', 'dev', 'eni0', 'mtu', '1400'],
    ];

    expect(await ask({ name: 'change', args: [at(ours), commands] })).toMatchObject({ code: 'LINK_FAILED' });
    expect((await linkIn(ours, 'eni0'))?.mtu).toBe(1500);

    expect(await ask({ name: 'change', args: [at(ours), commands, { force: true }] })).toEqual({});
    expect((await linkIn(ours, 'eni0'))?.mtu).toBe(1400);
  });

  it('sees which way leads to an address', async () => {
    await ipBatch(ours, [
      'link set eni0 up',
      'address add 10.0.0.10/24 dev eni0',
      'address add fd00::10/64 dev eni0 nodad',
    ]);
    for (const address of ['10.0.0.5', 'fd00::5'])
      expect(await answer({ name: 'wayTo', args: [at(ours), address] })).toBe('eni0');
    expect(await answer({ name: 'wayTo', args: [at(ours), '192.0.2.1'] })).toBeNull();
  });

  it.each([
    ['is not there', '/run/netns/enimtest-nowhere'],
    ['is no netns', '/proc/self/status'],
  ])('cannot enter a netns whose path %s', async (_, path) => {
    const refusal = { code: 'NOT_THERE', message: expect.stringContaining(`The netns ${path} cannot be entered`) };
    expect(await ask({ name: 'links', args: [{ path }] })).toMatchObject(refusal);
    const up = [['link', 'set', 'dev', 'eni0', 'up']];
    expect(await ask({ name: 'change', args: [{ path }, up, { force: true }] })).toMatchObject(refusal);
  });

  it('enters no other netns than the one that is meant, and moves nothing there', async () => {
    const place = { path: netnsPath(theirs), inode: 1 };
    const refusal = { code: 'NOT_THERE', message: expect.stringContaining('another one is there by now') };
    expect(await ask({ name: 'links', args: [place] })).toMatchObject(refusal);
    const move = ['link', 'set', 'dev', 'eni0', 'netns', place.path, 'name', 'eth0'];
    expect(await ask({ name: 'change', args: [at(ours), [move], { into: place }] })).toMatchObject(refusal);
    const program = openIproute2(createPrograms(10_000), []);
    // Whoever has got its path since must not keep the NIC from being brought home from elsewhere.
    program.prepare([place]);
    await expect(program.links(place)).rejects.toMatchObject(refusal);
    await expect(program.change(at(ours), [move], { into: place })).rejects.toMatchObject(refusal);
    await program.close();
    expect(await namesIn(ours)).toContain('eni0');
  });

  const linkIn = async (name: string, ifname: string) =>
    parseLinks(await asIpSees(name, ALL_LINKS)).find((link) => link.name === ifname);

  const rulesIn = async (name: string): Promise<Rule[]> => [
    ...parseRules(await asIpSees(name, ['-4', 'rule', 'show']), 4),
    ...parseRules(await asIpSees(name, ['-6', 'rule', 'show']), 6),
  ];

  const namesIn = async (name: string): Promise<string[]> =>
    parseLinks(await asIpSees(name, ALL_LINKS)).map((link) => link.name);

  /** All that can be seen of a netns, but what differs by chance. */
  const everything = async (name: string): Promise<unknown> => {
    const links = (await asIpSees(name, ALL_LINKS)) as (RawLink | undefined)[];
    const modes = (await asIpSees(name, ['link', 'show'])) as { linkmode: string }[];
    const neighbours = (await asIpSees(name, ['neighbour', 'show', 'nud', 'all'])) as { dst: string; dev: string }[];
    return {
      links: links.flatMap((link) => (link?.ifname === undefined || link.ifname === 'peer0' ? [] : [seenOf(link)])),
      modes: modes.map(({ linkmode }) => linkmode),
      routes: inOrder(parseRoutes(await asIpSees(name, ALL_ROUTES))),
      rules: await rulesIn(name),
      neighbours: neighbours.map(({ dst, dev }) => `${dst} ${dev}`).filter((each) => each.startsWith('10.')),
    };
  };
}

interface RawLink extends Record<string, unknown> {
  readonly ifname?: string;
  readonly flags: readonly string[];
  readonly addr_info: readonly Record<string, unknown>[];
}

/** Whether the link is running yet, and what the kernel makes of its MAC, comes a moment later. */
function seenOf({
  ifname,
  flags,
  mtu,
  txqlen,
  group,
  master,
  address,
  ifalias,
  altnames,
  addr_info,
  gso_max_size,
  gso_max_segs,
  gro_max_size,
}: RawLink): unknown {
  const settled = flags.filter((flag) => !['LOWER_UP', 'NO-CARRIER', 'RUNNING', 'M-DOWN'].includes(flag));
  const addresses = addr_info
    .filter((each) => !String(each.local).startsWith('fe80:'))
    .map(({ local, prefixlen, scope, nodad }) => ({ local, prefixlen, scope, nodad }));
  const packets = { gso_max_size, gso_max_segs, gro_max_size };
  return { ifname, flags: settled, mtu, txqlen, group, master, address, ifalias, altnames, addresses, packets };
}

function inOrder(routes: readonly LinkRoute[]): LinkRoute[] {
  const key = ({ dst, gateway, table, metric }: LinkRoute): string => [dst, gateway, table, metric].join(' ');
  return [...routes].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
