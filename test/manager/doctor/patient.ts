/** A machine in memory as the doctor sees it: what lies where, who runs, who holds which lock. All is well unless a test says otherwise. */
import type { Entry, HeldLock, Host, Process } from '../../../src/host/host.js';
import type { Finding } from '../../../src/manager/doctor/finding.js';
import type { Patient } from '../../../src/manager/doctor/patient.js';
import type { Parts } from '../../../src/manager/parts.js';
import type { StateLook } from '../../../src/store/inspect.js';
import { nodeWith } from '../node.js';

export const NOW = new Date('2026-01-02T00:00:00Z');

/** The files, processes and rights of a machine. */
export class FakeHost implements Host {
  readonly entries = new Map<string, Entry>([
    ['/etc/enim/config.json', entry({ kind: 'file', mode: 0o644 })],
    ['/var/lib/enim', entry({})],
    ['/run/enim', entry({})],
  ]);
  readonly files = new Map<string, string>();
  running: Process[] = [];
  locks: HeldLock[] = [];
  readonly paths = new Map([
    ['ip', '/sbin/ip'],
    ['nsenter', '/usr/bin/nsenter'],
  ]);
  version = 'ip utility, iproute2-6.1.0, libbpf 1.1.2';
  uid = 0;
  readonly lacking = new Set<number>();

  look = (path: string) => this.entries.get(path);
  read = (path: string) => this.files.get(path);
  list = (directory: string) =>
    [...this.files.keys()]
      .filter((path) => path.startsWith(`${directory}/`))
      .map((path) => path.slice(directory.length + 1))
      .sort();
  processes = () => this.running;
  heldLocks = () => this.locks;
  findProgram = (name: string) => this.paths.get(name);
  iproute2 = async () => this.version;
  programs = async () => ['ip', 'nsenter'];
  privileges = () => ({ uid: this.uid, can: (capability: number) => !this.lacking.has(capability) });
  makeDirectory = (path: string, mode: number) => void this.entries.set(path, entry({ mode }));
  removeFile = (path: string) => void this.entries.delete(path);
}

export function entry(overrides: Partial<Entry>): Entry {
  return {
    ...{ kind: 'directory', mode: 0o700, modified: NOW, unwritable: null, free: 1e9 },
    ...overrides,
  };
}

/** A good state of one generation before the present one. */
export function sampleState(overrides: Partial<StateLook> = {}): StateLook {
  const good = { kind: 'good', generation: 812, written: '2026-01-01T23:57:00Z', attachments: 4 } as const;
  return {
    path: '/var/lib/enim/state.json',
    present: good,
    previousPath: '/var/lib/enim/state.previous.json',
    previous: { ...good, generation: 811 },
    ...{ kept: [], unfinished: [] },
    ...overrides,
  };
}

/** A patient; `parts` are those of a machine with two free ENIs unless told. */
export function patientWith(host: FakeHost, overrides: Partial<Patient> = {}, parts?: Parts): Patient {
  return {
    ...{ config: '/etc/enim/config.json', stateDir: '/var/lib/enim', runDir: '/run/enim', host },
    clock: () => NOW,
    inspectState: () => sampleState(),
    findCordon: () => null,
    lockFileName: (lock) => `${lock.replaceAll(/[ /]/g, '_')}.lock`,
    dropIns: ['/etc/systemd/network/10-x.network', '/etc/systemd/network/10-x.link', '/etc/NetworkManager/conf.d/10-x'],
    open: () => parts ?? nodeWith(2).parts(),
    ...overrides,
  };
}

/** A finding in one line: `LEVEL SUBJECT: EVIDENCE → MEND`. */
export function line({ level, subject, evidence, mend }: Finding): string {
  return `${level} ${subject}: ${evidence}${mend === null ? '' : ` → ${mend}`}`;
}
