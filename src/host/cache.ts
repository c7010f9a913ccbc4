/**
 * What container runtimes keep of the ADDs that they had of us: libcni's cache, a file an attachment. It outlives our own state, and
 * says what a label cannot: the pod's UID, and names that do not fit into one. Looking changes nothing.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { parseMac } from '../model/address.js';
import type { Endpoint } from '../model/attachment.js';
import { EnimError, errnoOf, messageOf } from '../model/errors.js';
import { containerIDFault, ifnameFault, isNetworkName, isOwner, ownerName } from '../model/names.js';

/** An ADD that enim answered, as its runtime remembers it, or host-device before enim took its place. */
export interface CachedAdd {
  readonly by: Mover;
  readonly endpoint: Endpoint;
  /** Path of the sandbox that the NIC went into; may be gone, or lead elsewhere, by now. */
  readonly netns: string;
  /** That the NIC had there; null if the result names none. */
  readonly mac: string | null;
}

/** Names of executables that move a NIC. */
const MOVERS = ['enim', 'host-device'] as const;
type Mover = (typeof MOVERS)[number];

/** libcni's cachedInfo (libcni/api.go); `config` is the network configuration or its list, in base64. */
const Cached = v.looseObject({
  kind: v.literal('cniCacheV1'),
  containerId: v.pipe(
    v.string(),
    v.check((text) => containerIDFault(text) === undefined),
  ),
  ifName: v.pipe(
    v.string(),
    v.check((text) => ifnameFault(text) === undefined),
  ),
  networkName: v.pipe(v.string(), v.check(isNetworkName)),
  config: v.string(),
  cniArgs: v.nullish(v.array(v.tuple([v.string(), v.string()])), []),
  result: v.looseObject({
    interfaces: v.nullish(
      v.array(
        v.looseObject({ name: v.string(), mac: v.optional(v.string(), ''), sandbox: v.optional(v.string(), '') }),
      ),
      [],
    ),
  }),
});

const Network = v.looseObject({
  type: v.optional(v.string()),
  plugins: v.optional(v.array(v.looseObject({ type: v.optional(v.string()) })), []),
});

/**
 * All ADDs of enim and of host-device in a cache.
 *
 * @param isNamed whether somebody has said that it is there; one that is not is empty else
 * @param warn is told of what cannot be read, which is left out
 * @throws EnimError NOT_THERE
 */
export function readCache(directory: string, isNamed: boolean, warn: (message: string) => void): CachedAdd[] {
  return namesIn(directory, isNamed, warn).flatMap((name) => {
    const path = join(directory, name);
    try {
      return parseCached(readFileSync(path, 'utf8'));
    } catch (thrown) {
      // A DEL has removed it meanwhile.
      if (errnoOf(thrown) !== 'ENOENT') warn(`${path} is no cached result (${messageOf(thrown)}); it is left out.`);
      return [];
    }
  });
}

function namesIn(directory: string, isNamed: boolean, warn: (message: string) => void): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .sort();
  } catch (thrown) {
    if (isNamed && errnoOf(thrown) === 'ENOENT')
      throw new EnimError('NOT_THERE', `There is no directory ${directory} in which a runtime keeps results.`, {
        hint: 'name the one of your runtime, or leave --cache-dir out',
      });
    if (errnoOf(thrown) !== 'ENOENT') warn(`The runtimes’ cache ${directory} cannot be read (${messageOf(thrown)}).`);
    return [];
  }
}

/** Empty for an ADD that moved no NIC: one of another plugin, or one that only asked us for addresses. */
function parseCached(text: string): CachedAdd[] {
  const {
    containerId: containerID,
    ifName: ifname,
    networkName: network,
    ...cached
  } = v.parse(Cached, JSON.parse(text));
  const { type, plugins } = v.parse(Network, JSON.parse(Buffer.from(cached.config, 'base64').toString('utf8')));
  const types = [type, ...plugins.map((plugin) => plugin.type)];
  const by = MOVERS.find((each) => types.includes(each));
  if (by === undefined) return [];
  const nic = cached.result.interfaces?.find(({ name, sandbox }) => name === ifname && sandbox !== '');
  if (nic === undefined) return [];
  const args = new Map(cached.cniArgs);
  const owner = ownerName(
    { namespace: args.get('K8S_POD_NAMESPACE') || null, name: args.get('K8S_POD_NAME') || null },
    { network, containerID },
  );
  if (!isOwner(owner)) throw new Error(`the pod is called ${JSON.stringify(owner)}`);
  const endpoint = { network, containerID, ifname, owner, uid: args.get('K8S_POD_UID') || null };
  return [{ by, endpoint, netns: nic.sandbox, mac: parseMac(nic.mac) ?? null }];
}
