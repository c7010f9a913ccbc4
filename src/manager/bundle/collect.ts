/**
 * Gathers what somebody needs who is to understand this node without being on it: what `list`, `show`, `where` and `doctor` look at,
 * so that they can be run on it again, and what people want to read besides. Nothing on the node is changed.
 */
import type { HostRecord } from '../../host/record.js';
import { answerOf } from '../../model/answer.js';
import type { Attachment } from '../../model/attachment.js';
import { FILES, type NodeRecord, STATE_FILES } from '../../model/bundle.js';
import { messageOf } from '../../model/errors.js';
import type { ProvidedEni } from '../../providers/provider.js';
import type { StateRecord, StateTexts } from '../../store/record.js';
import { examine } from '../doctor/examine.js';
import type { Finding } from '../doctor/finding.js';
import type { Patient } from '../doctor/patient.js';
import type { Parts } from '../parts.js';
import { createGatherer, type Gathered, type Gatherer } from './gathered.js';
import { gatherKernel } from './kernel.js';
import { gatherLogs, type LogSources } from './logs.js';
import { gatherProvider } from './provider.js';

/** Where all of it comes from. */
export interface Sources extends LogSources {
  /** Its host remembers what it was asked. */
  readonly patient: Patient;
  /**
   * The same parts, but with a state that is what was recorded: whoever reads a damaged one would mend it. Where the settings are wrong
   * they are made without: kernel and state are the same by any.
   */
  readonly openOn: (record: StateRecord, texts: StateTexts) => Parts;
  readonly hostRecord: () => HostRecord;
  readonly node: Omit<NodeRecord, 'open'>;
  /** The settings as they hold. Throws EnimError. */
  readonly settings: () => unknown;
  /** Which enim this is. */
  readonly program: unknown;
  readonly nodeName: () => Promise<string>;
  readonly recordState: () => Promise<RecordedState>;
}

interface RecordedState {
  readonly record: StateRecord;
  readonly texts: StateTexts;
}

/** What was gathered, and what the doctor says of it. */
export interface Collected extends Gathered {
  /** Null if the doctor could not come. */
  readonly findings: readonly Finding[] | null;
}

/** @param onStep told of each part before it is gathered */
export async function collect(sources: Sources, onStep: (part: string) => void): Promise<Collected> {
  const gatherer = createGatherer(onStep);
  const { patient } = sources;
  await gatherVersions(gatherer, sources);
  await gatherSettings(gatherer, sources);
  const opened = await answerOf(() => patient.open());
  const open = 'value' in opened ? { value: { bootID: opened.value.bootID, network: opened.value.network } } : opened;
  gatherer.put(FILES.node, { ...sources.node, open } satisfies NodeRecord);
  if ('refusal' in opened) gatherer.miss('settings', opened.refusal.message);
  const state = await gatherState(gatherer, sources);
  if (state === undefined)
    for (const part of [FILES.provider, 'kernel']) gatherer.miss(part, 'The state is not known.');
  else
    await gatherWorld(gatherer, sources, {
      parts: sources.openOn(state.record, state.texts),
      isSet: 'value' in opened,
    });
  const findings = await gatherer.part('doctor.json', () => examine(patient));
  if (findings !== undefined) gatherer.put('doctor.json', { findings });
  gatherer.put(FILES.host, sources.hostRecord());
  await gatherLogs(gatherer, sources);
  return { ...gatherer, findings: findings ?? null };
}

async function gatherState(gatherer: Gatherer, { recordState }: Sources): Promise<RecordedState | undefined> {
  return gatherer.part(FILES.state, async () => {
    const { record, texts } = await recordState();
    gatherer.put(FILES.state, record);
    for (const [name, text] of texts) gatherer.putText(`${STATE_FILES}${name}`, text);
    for (const answer of Object.values(record))
      if ('refusal' in answer) gatherer.miss(FILES.state, answer.refusal.message);
    return { record, texts };
  });
}

interface World {
  readonly parts: Parts;
  /** Whether the settings say which provider there is. */
  readonly isSet: boolean;
}

/** The kernel is looked at by whoever knows what to look for, as far as that is known. */
async function gatherWorld(gatherer: Gatherer, sources: Sources, { parts, isSet }: World): Promise<void> {
  const { nodeName, host } = sources;
  const recorded = await answerOf(() => parts.store.list());
  const attachments = 'value' in recorded ? recorded.value : [];
  let provided: readonly ProvidedEni[] = [];
  if (isSet) {
    const { list } = await gatherProvider(gatherer, parts.provider, attachments, nodeName);
    if ('value' in list) provided = list.value;
  } else gatherer.miss(FILES.provider, 'By wrong settings no provider can be asked.');
  const slots = ['pci', 'virtio'].flatMap((bus) => host.list(`/sys/bus/${bus}/devices`));
  await gatherer.part('kernel', () =>
    gatherKernel(gatherer, parts, attachments, [...slots, ...busAddressesOf(attachments, provided)]),
  );
}

function busAddressesOf(attachments: readonly Attachment[], provided: readonly ProvidedEni[]): string[] {
  return [
    ...provided.map(({ eni }) => eni.pciAddress),
    ...attachments.flatMap(({ eni, snapshot }) => [eni.pciAddress, snapshot.busAddress]),
  ].filter((each) => each !== null);
}

async function gatherSettings(gatherer: Gatherer, { host, node, settings }: Sources): Promise<void> {
  await gatherer.part(node.config, () => {
    const text = host.read(node.config);
    if (text !== undefined) gatherer.putText('settings/config.json', text);
    else if (host.look(node.config) !== undefined) gatherer.miss(node.config, 'It cannot be read.');
  });
  try {
    gatherer.put('settings/effective.json', settings());
  } catch (thrown) {
    gatherer.miss('settings/effective.json', messageOf(thrown));
  }
}

/** Programs by which one sees which container runtimes there are. */
const RUNTIMES = ['containerd', 'crio', 'cri-dockerd', 'dockerd', 'podman', 'kubelet'];

async function gatherVersions(gatherer: Gatherer, { host, program }: Sources): Promise<void> {
  const iproute2 = await gatherer.part('versions.json', () => host.iproute2());
  const runtimes = await gatherer.part('versions.json', () => {
    const running = new Set(host.processes().map(({ name }) => name));
    return RUNTIMES.filter((name) => running.has(name));
  });
  gatherer.put('versions.json', {
    enim: program,
    kernel: host.read('/proc/version')?.trim() ?? null,
    os: osOf(host.read('/etc/os-release') ?? ''),
    iproute2: iproute2 ?? null,
    runtimes: runtimes ?? null,
  });
}

/** `PRETTY_NAME` of os-release; null if it has none. Pure. */
function osOf(text: string): string | null {
  return /^PRETTY_NAME=["']?(.*?)["']?$/m.exec(text)?.[1] ?? null;
}
