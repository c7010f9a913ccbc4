import { dirname } from 'node:path';
import { describe, expect, it, test } from '@jest/globals';
import type { HeldLock } from '../../../src/host/host.js';
import { checkAgents } from '../../../src/manager/doctor/agents.js';
import { checkCordon } from '../../../src/manager/doctor/cordon.js';
import { checkDirectories } from '../../../src/manager/doctor/directories.js';
import { checkClock, checkReversePath } from '../../../src/manager/doctor/kernel.js';
import { checkLocks } from '../../../src/manager/doctor/locks.js';
import { checkPermissions } from '../../../src/manager/doctor/permissions.js';
import { checkPrograms, judgeIproute2 } from '../../../src/manager/doctor/programs.js';
import { checkSettings } from '../../../src/manager/doctor/settings.js';
import { checkState } from '../../../src/manager/doctor/state.js';
import { EnimError } from '../../../src/model/errors.js';
import { entry, FakeHost, line, NOW, patientWith, sampleState } from './patient.js';

const MAC = '02:e0:00:00:00:01';

describe('settings', () => {
  const CONFIG = '/etc/enim/config.json';

  it('that are valid and only their owner writes are in order', () => {
    expect(checkSettings(patientWith(new FakeHost())).map(line)).toEqual([`ok ${CONFIG}: valid`]);
  });

  it('that are wrong are a problem, with every fault', () => {
    const open = () => {
      throw new EnimError('INVALID_CONFIG', 'The settings are wrong: a.', { details: ['b'] });
    };
    expect(checkSettings(patientWith(new FakeHost(), { open })).map(line)).toEqual([
      `problem ${CONFIG}: The settings are wrong: a. b → \${EDITOR:-vi} ${CONFIG}`,
    ]);
  });

  it('that do not exist mean no ENIs', () => {
    const host = new FakeHost();
    host.entries.delete(CONFIG);
    expect(checkSettings(patientWith(host))).toMatchObject([{ level: 'warning', mend: 'enim provider init' }]);
  });

  it('that everybody may write are a problem', () => {
    const host = new FakeHost();
    host.entries.set(CONFIG, entry({ kind: 'file', mode: 0o666 }));
    expect(checkSettings(patientWith(host))).toMatchObject([{ level: 'problem', mend: `chmod o-w ${CONFIG}` }]);
  });

  it('lets a bug through', () => {
    const open = () => {
      throw new TypeError('bug');
    };
    expect(() => checkSettings(patientWith(new FakeHost(), { open }))).toThrow(TypeError);
  });
});

describe('the state', () => {
  const look = (overrides: Parameters<typeof sampleState>[0]) =>
    checkState(patientWith(new FakeHost(), { inspectState: () => sampleState(overrides) }));
  const PATH = '/var/lib/enim/state.json';

  it('that is good says its generation and age', () => {
    expect(look({}).map(line)).toEqual([`ok ${PATH}: 4 attachments, generation 812, written 3m ago`]);
  });

  it('need not be there on a fresh node', () => {
    expect(look({ present: { kind: 'none' }, previous: { kind: 'none' } })).toMatchObject([{ level: 'ok' }]);
  });

  test.each([
    ['that is damaged', { kind: 'damaged', reason: 'it is no JSON' }, true],
    ['that is gone while an earlier generation is there', { kind: 'none' }, true],
    ['of a newer enim', { kind: 'newer', version: 9 }, false],
    ['that cannot be read', { kind: 'unreadable', errno: 'EIO' }, false],
    ['that may not be read', { kind: 'unreadable', errno: 'EACCES' }, false],
  ] as const)('%s is a problem', (_, present, fixable) => {
    expect(look({ present })).toMatchObject([{ check: 'state', level: 'problem', subject: PATH, fixable }]);
  });

  test.each([
    ['ENOTDIR', `mv ${dirname(PATH)} ${dirname(PATH)}.aside && mkdir -m 0700 ${dirname(PATH)}`],
    ['EISDIR', `mv ${PATH} ${PATH}.aside`],
    ['EIO', `dmesg; ls -l ${PATH}`],
    ['EACCES', 'sudo enim doctor'],
  ])('that cannot be read for %s is mended by: %s', (errno, mend) => {
    expect(look({ present: { kind: 'unreadable', errno } })).toMatchObject([{ mend }]);
  });

  it('that is damaged says what will be used instead', () => {
    const present = { kind: 'damaged', reason: 'x' } as const;
    expect(look({ present })[0]?.consequence).toContain('generation 811');
    expect(look({ present, previous: present })[0]?.consequence).toContain('empty state');
  });

  it('written in the future says that the clock is wrong', () => {
    const present = { kind: 'good', generation: 1, written: '2027-01-01T00:00:00Z', attachments: 1 } as const;
    expect(look({ present })).toMatchObject([{ level: 'warning', evidence: expect.stringContaining('future') }]);
  });

  it('without a good earlier generation is a warning', () => {
    expect(look({ previous: { kind: 'damaged', reason: 'x' } })).toMatchObject([{ level: 'ok' }, { level: 'warning' }]);
  });

  it('reports damaged files that are kept aside, one by one', () => {
    expect(look({ kept: ['/a', '/b'] }).map(({ level, subject }) => `${level} ${subject}`)).toEqual([
      `ok ${PATH}`,
      'warning /a',
      'warning /b',
    ]);
  });

  it('reports an unfinished file only once nobody can be writing it any more', () => {
    const unfinished = [
      { path: '/old.new', modified: new Date(NOW.getTime() - 3_600_001) },
      { path: '/young.new', modified: new Date(NOW.getTime() - 3_599_000) },
    ];
    expect(look({ unfinished }).slice(1)).toMatchObject([
      { check: 'unfinished', level: 'warning', subject: '/old.new', fixable: true },
    ]);
  });
});

describe('a directory', () => {
  const look = (overrides: Parameters<typeof entry>[0]) => {
    const host = new FakeHost();
    host.entries.set('/var/lib/enim', entry(overrides));
    return checkDirectories(patientWith(host))[0];
  };

  it('is in order if only its owner writes to it', () => {
    expect(look({ mode: 0o755 })).toMatchObject({ level: 'ok', evidence: 'writable, mode 0755' });
  });

  test.each([
    ['is no directory', { kind: 'file' }, 'mv /var/lib/enim'],
    ['may not be written', { unwritable: 'EACCES' }, 'chmod 0700'],
    ['is read-only', { unwritable: 'EROFS' }, 'remount'],
    ['is writable for all', { mode: 0o777 }, 'chmod go-w'],
    ['is writable for the group', { mode: 0o770 }, 'chmod go-w'],
    ['is full', { free: 4096 }, 'df -h'],
  ] as const)('that %s is a problem', (_, overrides, mend) => {
    expect(look(overrides)).toMatchObject({ level: 'problem', mend: expect.stringContaining(mend) });
  });

  it('with several faults has all of them named, but a read-only one need not have room', () => {
    const host = new FakeHost();
    host.entries.set('/var/lib/enim', entry({ mode: 0o777, free: 0 }));
    host.entries.set('/run/enim', entry({ unwritable: 'EROFS', free: 0 }));
    expect(checkDirectories(patientWith(host)).map(({ subject, mend }) => [subject, mend])).toEqual([
      ['/var/lib/enim', 'chmod go-w /var/lib/enim'],
      ['/var/lib/enim', 'df -h /var/lib/enim'],
      ['/run/enim', expect.stringContaining('remount')],
    ]);
  });

  it('that somebody else than root may not write is root’s to look at', () => {
    const host = new FakeHost();
    host.uid = 1000;
    host.entries.set('/var/lib/enim', entry({ unwritable: 'EACCES' }));
    expect(checkDirectories(patientWith(host))[0]).toMatchObject({ mend: 'sudo enim doctor' });
  });

  it('that is missing is a warning which can be fixed', () => {
    const host = new FakeHost();
    host.entries.clear();
    expect(checkDirectories(patientWith(host))).toMatchObject([
      { level: 'warning', subject: '/var/lib/enim', fixable: true },
      { level: 'warning', subject: '/run/enim', fixable: true },
    ]);
  });
});

describe('a lock', () => {
  const held = (overrides: Partial<HeldLock>): HeldLock => ({
    path: '/run/enim/state.lock',
    sign: 'pid 7 (enim gc)',
    since: new Date(NOW.getTime() - 3_000),
    holders: [{ pid: 7, name: 'enim', state: 'S' }],
    ...overrides,
  });
  const look = (overrides: Partial<HeldLock>) => {
    const host = new FakeHost();
    host.locks = [held(overrides)];
    return checkLocks(patientWith(host));
  };

  it('that nobody holds is in order', () => {
    expect(checkLocks(patientWith(new FakeHost())).map(line)).toEqual(['ok /run/enim: no lock is held']);
  });

  it('is not said to be free by one who may not see it', () => {
    const host = new FakeHost();
    host.lacking.add(19);
    expect(checkLocks(patientWith(host)).map(line)).toEqual([
      expect.stringMatching(/^warning \/run\/enim: we may not see who holds a lock → /),
    ]);
  });

  it('that is held names its holder, and for how long', () => {
    expect(look({}).map(line)).toEqual(['ok /run/enim/state.lock: held for 3s by pid 7 (enim gc)']);
  });

  it('whose holder is stopped is a problem', () => {
    expect(look({ holders: [{ pid: 7, name: 'enim', state: 'T' }] }).map(line)).toEqual([
      'problem /run/enim/state.lock: held for 3s by pid 7 (enim gc), which is stopped → kill -CONT 7',
    ]);
  });

  it('that is held for long is a warning', () => {
    expect(look({ since: new Date(NOW.getTime() - 61_000) })).toMatchObject([{ level: 'warning' }]);
  });

  it('that outlasts the one who took it names those who have it now', () => {
    expect(look({ holders: [{ pid: 9, name: 'ip', state: 'D' }] })[0]?.evidence).toBe(
      'held for 3s by pid 9 (ip), for pid 7 (enim gc), which is gone',
    );
    expect(look({ sign: '', holders: [{ pid: 9, name: 'ip', state: 'D' }] })[0]?.evidence).toBe(
      'held for 3s by pid 9 (ip)',
    );
  });

  it('of an agent is held as long as that lives, unless it is stopped', () => {
    const path = '/run/enim/agent.lock';
    const since = new Date(NOW.getTime() - 3 * 86_400_000);
    expect(look({ path, since })).toMatchObject([{ level: 'ok' }]);
    expect(look({ path, since, holders: [{ pid: 7, name: 'enim', state: 'T' }] })).toMatchObject([
      { level: 'problem', consequence: expect.stringContaining('then does without'), mend: 'kill -CONT 7' },
    ]);
  });
});

describe('programs', () => {
  it('that are there are in order', async () => {
    expect((await checkPrograms(patientWith(new FakeHost()))).map(line)).toEqual([
      'ok ip: /sbin/ip, iproute2 6.1',
      'ok nsenter: /usr/bin/nsenter',
    ]);
  });

  it('that are missing are a problem, with their package', async () => {
    const host = new FakeHost();
    host.paths.clear();
    expect((await checkPrograms(patientWith(host))).map(({ level, mend }) => [level, mend])).toEqual([
      ['problem', 'apt-get install iproute2'],
      ['problem', 'apt-get install util-linux'],
    ]);
  });

  test.each([
    ['ip utility, iproute2-5.10.0, libbpf 1.1.2', 'ok'],
    ['ip utility, iproute2-6.15.0', 'ok'],
    ['ip utility, iproute2-v6.1.0', 'ok'],
    ['ip utility, iproute2-5.9.0', 'problem'],
    ['ip utility, iproute2-4.20.0', 'problem'],
    ['ip utility, iproute2-ss200127', 'problem'],
    ['', 'problem'],
  ] as const)('"%s" is %s', (version, level) => {
    expect(judgeIproute2('/sbin/ip', version).level).toBe(level);
  });
});

describe('permissions', () => {
  const look = (uid: number, ...lacking: number[]) => {
    const host = new FakeHost();
    host.uid = uid;
    for (const capability of lacking) host.lacking.add(capability);
    return checkPermissions(patientWith(host))[0];
  };

  it('of root are enough, and so are those of anybody with the capabilities', () => {
    expect([look(0)?.level, look(1000)?.level]).toEqual(['ok', 'ok']);
  });

  it('without CAP_NET_ADMIN or CAP_SYS_ADMIN are a problem', () => {
    expect(look(1000, 12, 19, 21)).toMatchObject({ level: 'problem', mend: 'sudo enim doctor' });
    expect(look(0, 12)).toMatchObject({ level: 'problem', evidence: 'without CAP_NET_ADMIN' });
    expect(look(0, 21)).toMatchObject({ level: 'problem', evidence: 'without CAP_SYS_ADMIN' });
  });

  it('without CAP_SYS_PTRACE are a warning', () => {
    expect(look(0, 19)).toMatchObject({ level: 'warning' });
  });
});

describe('an agent of the node (amazon-vpc-cni-k8s#3162)', () => {
  const runs = (...names: string[]): FakeHost => {
    const host = new FakeHost();
    host.running = names.map((name, index) => ({ pid: index + 1, name, state: 'S' }));
    return host;
  };
  const levels = (host: FakeHost, macs: string[] | undefined = [MAC]) =>
    checkAgents(patientWith(host), macs).map(({ level, subject }) => `${level} ${subject}`);

  it('that does not run is in order', () => {
    expect(levels(runs())).toEqual(['ok NetworkManager', 'ok systemd-networkd', 'ok systemd-udevd']);
  });

  it('that runs without its drop-in is a warning', () => {
    const host = runs('NetworkManager', 'systemd-network', 'systemd-udevd');
    expect(levels(host)).toEqual(['warning NetworkManager', 'warning systemd-networkd', 'warning systemd-udevd']);
    expect(checkAgents(patientWith(host), [MAC])[0]?.mend).toBe('enim install --unmanaged');
    expect(levels(host, undefined)[0]).toBe('warning NetworkManager');
    expect(levels(host, [])[0]).toBe('ok NetworkManager');
  });

  it('whose drop-in lacks an ENI is a warning that names it', () => {
    const host = runs('NetworkManager');
    host.files.set('/etc/NetworkManager/conf.d/10-x', `unmanaged-devices+=mac:${MAC.toUpperCase()}`);
    expect(levels(host)[0]).toBe('ok NetworkManager');
    expect(checkAgents(patientWith(host), [MAC, '02:e0:00:00:00:02'])[0]).toMatchObject({
      level: 'warning',
      evidence: expect.stringContaining('lacks 02:e0:00:00:00:02'),
    });
  });
});

describe('the kernel', () => {
  it('with a strict reverse path filter is a warning', () => {
    const host = new FakeHost();
    host.files.set('/proc/sys/net/ipv4/conf/all/rp_filter', '0\n');
    host.files.set('/proc/sys/net/ipv4/conf/default/rp_filter', '1\n');
    expect(checkReversePath(patientWith(host))).toMatchObject([
      { level: 'ok' },
      { level: 'warning', mend: 'sysctl -w net.ipv4.conf.default.rp_filter=2' },
    ]);
  });

  it('with a clock that never was set is a warning', () => {
    const host = new FakeHost();
    expect(checkClock(patientWith(host))).toMatchObject([{ level: 'ok' }]);
    expect(checkClock(patientWith(host, { clock: () => new Date(0) }))).toMatchObject([{ level: 'warning' }]);
  });
});

describe('a cordon', () => {
  it('is a warning, with its reason and what ends it', () => {
    const findCordon = () => ({ since: '2026-01-01T00:00:00.000Z', reason: 'kernel upgrade' });
    expect(checkCordon(patientWith(new FakeHost(), { findCordon })).map(line)).toEqual([
      'warning this node: it has been cordoned since 2026-01-01T00:00:00.000Z (kernel upgrade) → enim uncordon',
    ]);
  });

  it('that is none is in order', () => {
    expect(checkCordon(patientWith(new FakeHost())).map(line)).toEqual(['ok this node: it is not cordoned']);
  });
});
