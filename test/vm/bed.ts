/** The bed of emulated machines: one run of a scenario in a throw-away guest with the built executable and real network cards. */
import { copyFileSync, cpSync, existsSync, linkSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, jest } from '@jest/globals';
import type { EniAnswer, VerdictAnswer } from '../fabric/answers.js';
import { run } from '../fabric/exec.js';
import { EXECUTABLE } from '../fabric/requirements.js';
import { dropAll } from '../fabric/xdp.js';

/** Directory of the bed, which holds `vm-run`; unset, its suites are skipped. */
const BED = process.env.ENIM_VM ?? '';

/** Seconds that one guest may take on a machine that is busy with others. */
const GUEST_SECONDS = 400;

/**
 * Two guests at a time, whoever runs them: each keeps a processor of ours busy, and what happens in it is not to take so long that what
 * is waited for there is given up.
 */
const TURNS = ['enim-vm-0.lock', 'enim-vm-1.lock'].map((name) => join(tmpdir(), name));
const TURN_SECONDS = 1_200;
let plays = 0;

/** One step of a scenario: how a command ended, and what it printed, as JSON where it is JSON. */
interface Step<T = unknown> {
  readonly code: number;
  readonly answer: T;
}

/** A card as a scenario's `links` shows it. */
export interface Card {
  readonly name: string;
  readonly ifindex: number;
  readonly mac: string;
  readonly mtu: number;
  readonly alias: string | null;
  readonly altnames: readonly string[];
  readonly up: boolean;
  /** The device that the link belongs to: a PCI address, or `virtioN`. */
  readonly parent: string | null;
  readonly addresses: readonly string[];
}

/** The steps of a scenario by their names. */
export interface Story {
  step<T>(name: string): Step<T>;
  /** What a step that must have succeeded answered. */
  answer<T>(name: string): T;
  /** The cards that a step saw, by their permanent MAC. */
  cards(name: string): Readonly<Record<string, Card>>;
  /** One ENI in the list that a step asked for. */
  eni(name: string, id: string): EniAnswer | undefined;
  /** The verdict on one ENI in a step that ran gc. */
  verdict(name: string, id: string): VerdictAnswer | undefined;
}

/** A suite that starts emulated machines; skipped without the bed, dist/enim, or one of these programs that a machine is to have. */
export function describeInVm(title: string, body: () => void, programs: readonly string[] = []): void {
  const reason = missing() ?? programs.filter((each) => !existsSync(each)).map((each) => `there is no ${each}`)[0];
  if (reason === undefined) {
    // A suite may start two machines in turn.
    jest.setTimeout((2 * (TURN_SECONDS + GUEST_SECONDS) + 10) * 1_000);
    describe(title, body);
    return;
  }
  process.stderr.write(`skipped: ${title}: ${reason}\n`);
  describe.skip(`${title} (skipped: ${reason})`, body);
}

function missing(): string | undefined {
  if (BED === '') return 'ENIM_VM does not name the bed of emulated machines';
  if (!existsSync(join(BED, 'vm-run'))) return `ENIM_VM: there is no ${join(BED, 'vm-run')}`;
  return existsSync(EXECUTABLE) ? undefined : `${EXECUTABLE} is not built (npm run build)`;
}

/** A card that is in its slot when the machine starts. */
interface Plugged {
  readonly mac: string;
  readonly model: 'vmxnet3' | 'virtio-net-pci';
  readonly slot: number;
}

/** What a machine has that others do not. */
interface Machine {
  readonly cards?: readonly Plugged[];
  /** Image of a disk that outlives the machine; a scenario mounts it by `mount_disk`. */
  readonly disk?: string;
  readonly mebibytes?: number;
  /** Programs of ours that it has, too, as in the directory of the scenario. */
  readonly programs?: readonly string[];
}

/** Its slot is behind all others, so that disks and cards are counted differently when cards are there from the start. */
const DISK_SLOT = 31;

/** Does the work with an empty disk, which every machine that is given it finds as the last one left it when its power went. */
export async function withDisk<T>(work: (disk: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'enim-disk-'));
  const disk = join(directory, 'disk.ext4');
  try {
    const { code, stderr } = await run('mke2fs', ['-q', '-t', 'ext4', disk, '16M']);
    if (code !== 0) throw new Error(`mke2fs ended with ${code}.\n${stderr}`);
    return await work(disk);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Plays a scenario of test/vm/guest in a guest of its own. */
export async function play(scenario: string, machine: Machine = {}): Promise<Story> {
  const share = mkdtempSync(join(tmpdir(), 'enim-vm-'));
  try {
    cpSync(join(import.meta.dirname, 'guest'), share, { recursive: true });
    writeFileSync(join(share, 'drop.o'), dropAll());
    place(EXECUTABLE, join(share, 'enim'));
    for (const program of machine.programs ?? []) copyFileSync(program, join(share, basename(program)));
    const guest = [
      ...['--share', share, '--env', 'SCENARIO=/share', '--timeout', String(GUEST_SECONDS)],
      ...['--mem', String(machine.mebibytes ?? 1024)],
      `--qemu=${hardware(machine).join(' ')}`,
    ];
    const command = ['bash', `/share/${scenario}.sh`];
    const inTurn = ['-w', String(TURN_SECONDS), TURNS[plays++ % TURNS.length] as string];
    const { code, stdout, stderr } = await run('flock', [...inTurn, join(BED, 'vm-run'), ...guest, '--', ...command], {
      timeout: (TURN_SECONDS + GUEST_SECONDS + 5) * 1_000,
    });
    if (code !== 0) throw new Error(`The scenario ${scenario} ended with ${code}.\n${stdout}${stderr}`);
    return tell(stdout);
  } finally {
    rmSync(share, { recursive: true });
  }
}

/** Arguments of QEMU. */
function hardware({ cards = [], disk }: Machine): string[] {
  const drive = ['-drive', `file=${disk},format=raw,if=none,id=disk`];
  const device = ['-device', `virtio-blk-pci,drive=disk,serial=disk,addr=${hex(DISK_SLOT)}`];
  return [
    // The executable needs SSE 4.2, which QEMU's usual CPU lacks.
    ...['-cpu', 'max'],
    ...(disk === undefined ? [] : [...drive, ...device]),
    ...cards.flatMap(({ mac, model, slot }) => [
      ...['-netdev', `hubport,id=net${slot},hubid=0`],
      ...['-device', `${model},id=card${slot},netdev=net${slot},mac=${mac},addr=${hex(slot)},romfile=`],
    ]),
  ];
}

/** QEMU reads the number of a slot as hexadecimal. */
function hex(slot: number): string {
  return slot.toString(16);
}

/** As a hard link if possible: it is 110 MB. */
function place(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

const STEP = /^@step (\S+)\r?\n([\s\S]*?)^@code (\d+)\r?$/gm;

function tell(output: string): Story {
  const steps = new Map<string, Step>(
    [...output.matchAll(STEP)].map(([, name = '', text = '', code]) => [
      name,
      { code: Number(code), answer: parse(text) },
    ]),
  );
  const step = <T>(name: string): Step<T> => {
    const found = steps.get(name);
    if (found === undefined) throw new Error(`The scenario did not come to the step ${name}.\n${output}`);
    return found as Step<T>;
  };
  const answer = <T>(name: string): T => {
    const found = step<T>(name);
    if (found.code !== 0) throw new Error(`${name} ended with ${found.code}: ${JSON.stringify(found)}`);
    return found.answer;
  };
  return {
    step,
    answer,
    cards: (name) => Object.fromEntries(answer<RawLink[]>(name).filter(isCard).map(toCard)),
    eni: (name, id) => answer<{ enis: EniAnswer[] }>(name).enis.find((each) => each.id === id),
    verdict: (name, id) => answer<{ verdicts: VerdictAnswer[] }>(name).verdicts.find(({ eni }) => eni === id),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.trim();
  }
}

/** What of a link in `ip -j -d address show` matters here. */
interface RawLink {
  readonly ifname?: string;
  readonly ifindex: number;
  readonly address: string;
  readonly permaddr?: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly ifalias?: string;
  readonly altnames?: readonly string[];
  readonly parentdev?: string;
  readonly addr_info?: readonly { readonly scope?: string; readonly local?: string; readonly prefixlen?: number }[];
}

function isCard({ parentdev }: RawLink): boolean {
  return parentdev !== undefined;
}

function toCard(raw: RawLink): [string, Card] {
  const card = {
    name: raw.ifname ?? '',
    ifindex: raw.ifindex,
    mac: raw.address,
    mtu: raw.mtu,
    alias: raw.ifalias ?? null,
    altnames: raw.altnames ?? [],
    up: raw.flags.includes('UP'),
    parent: raw.parentdev ?? null,
    addresses: (raw.addr_info ?? [])
      .filter(({ scope }) => scope === 'global')
      .map(({ local, prefixlen }) => `${local}/${prefixlen}`),
  };
  return [raw.permaddr ?? raw.address, card];
}
