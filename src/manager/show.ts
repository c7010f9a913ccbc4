/** Everything that is known of one ENI, or of any NIC: what `where` and `list` say, what goes through it, and what it went through. */
import type { Counters } from '../model/counters.js';
import { type Holding, pair, select } from '../model/history.js';
import { commandLine } from '../model/paste.js';
import { type Quarantine, quarantineOf } from '../model/quarantine.js';
import { type EniView, list } from './list.js';
import type { Parts } from './parts.js';
import type { NicView } from './where/view.js';
import { find, notThere } from './where/where.js';

/** One of them, as printed by `enim show --json`. */
export interface Portrait {
  /** As in `enim where`. */
  readonly nic: NicView;
  /** As in `enim list`; null for a NIC that is no ENI. */
  readonly eni: EniView | null;
  /** What the link is set to now; null if there is none. */
  readonly settings: {
    readonly mac: string;
    readonly mtu: number;
    readonly up: boolean;
    readonly carrier: boolean;
    readonly addresses: readonly string[];
  } | null;
  /** Since the link began, also while it was elsewhere; null if there is none. */
  readonly traffic: Counters | null;
  /** Null unless it is in force. */
  readonly quarantine: Quarantine | null;
  /** As in `enim history`, the newest last. */
  readonly history: readonly Holding[];
  /** A command that leads on; null if there is nothing to be done. */
  readonly next: string | null;
}

/**
 * All that a word fits, as `where` finds it, and also ENIs whose NIC is not on this machine.
 *
 * @throws EnimError INVALID_ARGUMENT, or NOT_THERE if nothing is known by this word
 */
export async function show(parts: Parts, text: string): Promise<readonly Portrait[]> {
  const { word, scene, views } = await find(parts, text);
  if (views.length === 0) throw notThere(word, scene.hardware, views);
  const [enis, quarantines, { events }] = await Promise.all([
    list(parts),
    parts.store.quarantine.list(),
    parts.history.read(),
  ]);
  const holdings = pair(events);
  return Promise.all(
    views.map(async (nic, index) => {
      const { link = null, netns = null } = scene.hits[index] ?? {};
      const eni = enis.find(({ id }) => id === nic.eni) ?? null;
      const quarantine = eni === null ? null : quarantineOf(quarantines, eni, parts.clock());
      const addresses = link?.addresses.filter(({ scope }) => scope === 'global').map(({ address }) => address) ?? [];
      return {
        ...{ nic, eni },
        settings:
          link === null ? null : { ...{ mac: link.mac, mtu: link.mtu, up: link.up, carrier: link.carrier }, addresses },
        traffic: link === null ? null : await parts.links.counters(netns, link.name),
        quarantine,
        history: nic.eni === null ? [] : select(holdings, { subject: nic.eni, since: null }),
        next: nic.next ?? nextFor(eni, quarantine),
      };
    }),
  );
}

function nextFor(eni: EniView | null, quarantine: Quarantine | null): string | null {
  if (eni === null) return null;
  if (quarantine !== null) return commandLine(['enim', 'provider', 'restore', eni.id]);
  return eni.state === 'orphan' || eni.state === 'releasing' ? 'enim gc' : null;
}
