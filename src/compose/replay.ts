/**
 * The composition root of replays: a support bundle in, a manager's parts out that say what it says. The same code as on the node then
 * comes to the same conclusions, on any machine.
 */
import * as v from 'valibot';
import { type Archive, unpack } from '../bundle/archive.js';
import { readBundle } from '../bundle/file.js';
import { damaged } from '../bundle/manifest.js';
import { HostShape } from '../host/record.js';
import { createRecordedHost } from '../host/recorded.js';
import { HardwareShape, HomeShape, IndexShape, NetnsShape } from '../link/record.js';
import { createRecordedLinks, createRecordedNetns } from '../link/recorded.js';
import type { Patient } from '../manager/doctor/patient.js';
import type { Parts } from '../manager/parts.js';
import { answerShape, findIn, give } from '../model/answer.js';
import { FILES, NETNS_FILES, type NodeRecord, STATE_FILES } from '../model/bundle.js';
import { EnimError } from '../model/errors.js';
import { ProviderShape } from '../providers/record.js';
import { createRecordedProvider } from '../providers/recorded.js';
import { lockFileName } from '../store/lockfile.js';
import { StateShape } from '../store/record.js';
import { createRecordedState } from '../store/recorded.js';
import type { Context } from './context.js';

/** A node as it was. */
export interface Replay extends Pick<Context, 'locations'> {
  /** When it was so. */
  readonly collected: Date;
  readonly patient: Patient;
  /** There are none. @throws EnimError */
  changes(): never;
  /** @throws EnimError as it was thrown on the node, or NOT_THERE if the bundle lacks what is needed */
  readonly parts: Parts;
}

/**
 * Opens a bundle.
 *
 * @param warn is told of what is not as it should be in it, but does not stop the work
 * @throws EnimError NOT_THERE, NOT_PERMITTED, INPUT_FAILED, BUNDLE_DAMAGED, BUNDLE_NEWER
 */
export async function openBundle(path: string, warn: (message: string) => void): Promise<Replay> {
  const subject = `The bundle ${path}`;
  return replay(subject, await unpack(subject, readBundle(path)), warn);
}

/** The same of one that is read already. */
export function replay(subject: string, archive: Archive, warn: (message: string) => void): Replay {
  const { texts, read } = reader(subject, archive);
  const collected = new Date(archive.manifest.collected);
  const node = read(FILES.node, NodeShape);
  const refuse = (): EnimError =>
    new EnimError('INVALID_ARGUMENT', `${subject} can only be looked at.`, { hint: 'do it on the node itself' });

  const host = read(FILES.host, HostShape);
  const held = (findIn(host.locks, node.runDir) ?? []).map(({ path }) => path);
  const state = createRecordedState({
    ...{ record: read(FILES.state, StateShape), texts, directory: node.stateDir, held, warn, refuse },
  });
  const { store, cordon, history, locks, inspect } = state;

  const open = (): Parts => {
    const { bootID, network } = give(node.open);
    const names = [...archive.files.keys()].filter((name) => name.startsWith(NETNS_FILES));
    const record = {
      home: read(FILES.home, HomeShape),
      netns: names.map((name) => read(name, NetnsShape)),
      hardware: read(FILES.hardware, HardwareShape),
    };
    return {
      ...{ store, cordon, history, locks, bootID, network },
      provider: createRecordedProvider(read(FILES.provider, ProviderShape), refuse),
      links: createRecordedLinks(record, refuse),
      netns: createRecordedNetns(read(FILES.netns, IndexShape), refuse),
      clock: () => collected,
      // Nothing changes meanwhile.
      sleep: async () => undefined,
    };
  };

  const { config, stateDir, runDir, dropIns } = node;
  let parts: Parts | undefined;
  const opened = (): Parts => {
    parts ??= open();
    return parts;
  };
  return {
    collected,
    locations: { config, stateDir, runDir },
    get parts() {
      return opened();
    },
    changes() {
      throw refuse();
    },
    patient: {
      ...{ config, stateDir, runDir, dropIns, lockFileName },
      host: createRecordedHost(host, refuse),
      clock: () => collected,
      inspectState: inspect,
      findCordon: cordon.find,
      open: opened,
    },
  };
}

interface Reader {
  /** The texts of the state's own files, by their names. */
  readonly texts: ReadonlyMap<string, string>;
  read<T>(name: string, shape: v.GenericSchema<unknown, T>): T;
}

function reader(subject: string, { manifest, files }: Archive): Reader {
  const textOf = (content: Uint8Array): string => Buffer.from(content).toString('utf8');
  const inState = [...files].filter(([name]) => name.startsWith(STATE_FILES) && name !== FILES.state);
  return {
    texts: new Map(inState.map(([name, content]) => [name.slice(STATE_FILES.length), textOf(content)])),
    read(name, shape) {
      const content = files.get(name);
      if (content === undefined) {
        const why = manifest.missing.find(({ part }) => part === name)?.reason;
        throw new EnimError('NOT_THERE', `${subject} has no ${name}.`, { details: why === undefined ? [] : [why] });
      }
      let raw: unknown;
      try {
        raw = JSON.parse(textOf(content));
      } catch (thrown) {
        throw damaged(subject, `${name} in it is no JSON`, thrown);
      }
      const result = v.safeParse(shape, raw);
      if (result.success) return result.output;
      const [issue] = result.issues;
      throw damaged(subject, `${name} in it is wrong (${v.getDotPath(issue) ?? 'it'}: ${issue.message})`);
    },
  };
}

const text = v.string();
const SourceShape = v.picklist(['flag', 'environment', 'default']);

const NodeShape = v.object({
  ...{ config: text, stateDir: text, runDir: text, dropIns: v.array(text) },
  sources: v.object({ config: SourceShape, stateDir: SourceShape, runDir: SourceShape }),
  open: answerShape(v.object({ bootID: text, network: text })),
  environment: v.array(v.tuple([text, text])),
}) satisfies v.GenericSchema<unknown, NodeRecord>;
