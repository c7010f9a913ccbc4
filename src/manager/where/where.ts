/**
 * Finding one NIC wherever it is, and saying who holds it. Nothing is changed and nothing is locked: what is seen while others are
 * at work is looked at once more.
 */
import type { Hardware } from '../../link/bus.js';
import { EnimError } from '../../model/errors.js';
import type { Parts } from '../parts.js';
import { isTorn, lookFor, type Scene } from './hits.js';
import { type NicView, viewAll } from './view.js';
import { readWord, type Word } from './word.js';

/** So long an add or a del is between two places at most, where a NIC may be in neither for whoever looks at them in turn. */
const MOVE_MS = 100;

/**
 * Every NIC that the word can mean: an ENI ID, a MAC, a bus address, an interface name in any netns, an owner, or the start of a
 * container ID. An interface name away from home is looked for only if the word means nothing but a name.
 *
 * @throws EnimError INVALID_ARGUMENT, or NOT_THERE if none of them is on this machine
 */
export async function where(parts: Parts, text: string): Promise<readonly NicView[]> {
  const { word, scene, views } = await find(parts, text);
  if (views.every(({ at }) => at === 'nowhere')) throw notThere(word, scene.hardware, views);
  return views;
}

/** What a word was found to mean. */
interface Found {
  readonly word: Word;
  readonly scene: Scene;
  /** For each hit, in their order; ENIs that are nowhere among them. */
  readonly views: readonly NicView[];
}

/**
 * The same, also where none of them is on this machine.
 *
 * @throws EnimError INVALID_ARGUMENT
 */
export async function find(parts: Parts, text: string): Promise<Found> {
  const word = readWord(text);
  let scene = await lookFor(parts, word);
  if (scene.hits.some(isTorn)) {
    await parts.sleep(MOVE_MS);
    scene = await lookFor(parts, word);
  }
  return { word, scene, views: await viewAll(parts, word, scene) };
}

/** That a word means nothing that is on this machine. */
export function notThere(word: Word, hardware: Hardware | undefined, views: readonly NicView[]): EnimError {
  const [first, ...others] = views;
  if (first === undefined) return new EnimError('NOT_THERE', unknown(word, hardware), { hint: 'enim list' });
  const subject =
    others.length === 0
      ? `ENI ${first.eni} (${first.mac}) is`
      : `The ENIs ${views.map(({ eni }) => eni).join(', ')} are`;
  const details = views.flatMap(({ eni, record }) =>
    record === null ? [] : [`${eni}: held for ${record.owner}, container ${record.containerID}, as ${record.ifname}`],
  );
  return new EnimError('NOT_THERE', `${subject} not on this machine: no device is in any netns or on the bus.`, {
    details,
    hint: views.find(({ next }) => next !== null)?.next ?? 'plug it in again, then see: enim list',
  });
}

function unknown({ text, mac, busAddress, owner }: Word, hardware: Hardware | undefined): string {
  if (mac !== null && !/[:-]/.test(text))
    return `No NIC on this machine has the MAC ${mac}, and no container that has an ENI an ID that begins so.`;
  if (mac !== null) return `No NIC on this machine has the MAC ${mac}.`;
  if (owner !== null) return `${owner} holds no ENI on this machine.`;
  if (busAddress !== null)
    return hardware === undefined
      ? `Nothing is plugged in at ${busAddress}.`
      : `What is plugged in at ${busAddress} is no NIC.`;
  return `${JSON.stringify(text)} is not on this machine: no ENI and no container that has one has this ID, and no interface in any netns this name.`;
}
