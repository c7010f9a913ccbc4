/**
 * The ENIs: record, kernel and provider side by side, by the same judgments as `gc` and `list`. Reports each that is not in order, and
 * in one line those that are.
 */
import type { Attachment } from '../../model/attachment.js';
import { type Eni, isSameNic } from '../../model/eni.js';
import type { Link } from '../../model/link.js';
import { type Quarantine, quarantineOf } from '../../model/quarantine.js';
import type { Collected } from '../gc/finding.js';
import { gc } from '../gc/gc.js';
import { canBeEni, findMisplaced, identify, identityOf, RENEW_SLOTS } from '../identify.js';
import { type EniView, list } from '../list.js';
import { attachmentLock, eniLock } from '../locked.js';
import { originOf } from '../origin.js';
import type { Parts } from '../parts.js';
import { type Finding, inOrder, problem, warning } from './finding.js';
import type { Patient } from './patient.js';
import { judgeDistrusted, judgeQuarantined } from './quarantined.js';
import type { KnownNics } from './udev.js';

/** Between gc's two looks, in milliseconds; the second is only taken if the first finds something. */
export const GRACE_MS = 2_000;

/** All that was seen of one ENI. */
interface EniEvidence {
  readonly view: EniView;
  /** What gc would do; undefined if it has nothing to say. */
  readonly verdict: Collected | undefined;
  /** What its provider says; undefined if only a record speaks of it. */
  readonly eni: Eni | undefined;
  /** Who works on it now. */
  readonly worker: string | undefined;
  /** Links at home that have its MAC. */
  readonly home: readonly Link[];
  /** Whether a card at home has its MAC, but is in another slot. */
  readonly isMisplaced: boolean;
  /** That somebody has put it in, or that a failure has; null if none is in force. */
  readonly quarantine: Quarantine | null;
  /** What shows where it comes from: the settings, or what a cluster says of it. */
  readonly source: string;
}

export async function checkEnis(patient: Patient, parts: Parts): Promise<readonly Finding[]> {
  const verdicts = await gc(parts, { dryRun: true, grace: GRACE_MS });
  const [views, provided, attachments, home, quarantines] = await Promise.all([
    list(parts),
    parts.provider.list(),
    parts.store.list(),
    parts.links.lookHome(),
    parts.store.quarantine.list(),
  ]);
  const now = patient.clock();
  const held = patient.host.heldLocks(patient.runDir);
  const workerOf = (view: EniView): string | undefined => {
    const locks = [eniLock(view.id), ...(view.attachment === null ? [] : [attachmentLock(view.attachment)])];
    const files = locks.map((lock) => `/${patient.lockFileName(lock)}`);
    const lock = held.find(({ path }) => files.some((file) => path.endsWith(file)));
    return lock === undefined ? undefined : lock.sign || `pid ${lock.holders[0]?.pid}`;
  };
  const troubles = views.flatMap((view) => {
    const eni = provided.find((each) => isSameNic(each.eni, view))?.eni;
    return judgeEni({
      view,
      eni,
      verdict: verdicts.find((each) => each.eni === view.id),
      worker: workerOf(view),
      home: eni === undefined ? [] : identify(home.links, identityOf(eni)),
      isMisplaced: eni !== undefined && findMisplaced(home.links, identityOf(eni)) !== undefined,
      quarantine: quarantineOf(quarantines, view, now),
      source: parts.provider.registry === undefined ? SETTINGS : `enim show ${view.id}`,
    });
  });
  const unwell = new Set(troubles.map(({ subject }) => subject));
  return [
    ...troubles,
    ...(views.length === 0
      ? [none(patient.config, parts.provider)]
      : summary(views.filter(({ id }) => !unwell.has(id)))),
    ...twins(
      home.links,
      provided.map(({ eni }) => eni.mac),
    ),
    ...(await checkNetns(parts, attachments, unwell)),
  ];
}

/** What the checks of the node's agents need to know of the ENIs. */
export async function knownNics(parts: Parts): Promise<KnownNics> {
  const macs = (await parts.provider.list()).map(({ eni }) => eni.mac);
  const { links } = await parts.links.lookHome();
  const drivers = await Promise.all(
    links.filter((link) => macs.includes(link.permanentMac)).map((link) => parts.links.driverOf(link)),
  );
  return { macs, drivers: [...new Set(drivers.filter((driver) => driver !== null))] };
}

const SETTINGS = 'enim config get static';

/** What is wrong with one ENI; nothing if it is in order. What somebody is working on may look like anything. Pure. */
function judgeEni(evidence: EniEvidence): Finding[] {
  const troubles = judgeIdle(evidence);
  const { worker, view } = evidence;
  return troubles.length > 0 && worker !== undefined
    ? [inOrder('eni', view.id, `${worker} is working on it`)]
    : troubles;
}

function judgeIdle({ view, verdict, eni, home, isMisplaced, quarantine, source }: EniEvidence): Finding[] {
  const { id, state, note, link, attachment } = view;
  const owner = attachment?.owner ?? 'a pod';
  if (verdict?.action === 'reclaim') {
    return [
      problem('eni', id, {
        evidence: verdict.reason,
        consequence: 'nobody can use it',
        mend: 'enim gc',
        fixable: true,
      }),
    ];
  }
  if (verdict?.action === 'repair') {
    return [
      problem('eni', id, {
        evidence: verdict.reason,
        consequence: 'it is used, but del does not find it by its record',
        mend: 'enim gc',
        fixable: true,
      }),
    ];
  }
  if (verdict?.action === 'skip' && state === 'used') {
    return [
      warning('eni', id, {
        evidence: verdict.reason,
        consequence: 'nobody can use it until the add is repeated or taken back',
        mend: `enim del ${owner} --container-id ${attachment?.containerID}`,
      }),
    ];
  }
  const grounds = verdict?.action === 'skip' ? verdict.reason : (note ?? state);
  switch (state) {
    case 'missing':
      return [
        problem('eni', id, {
          evidence: grounds,
          consequence: attachment === null ? 'nobody can use it' : `${owner} has no network`,
          mend:
            attachment === null
              ? mendMissing(isMisplaced, source)
              : `enim del ${owner} --container-id ${attachment.containerID}`,
        }),
      ];
    case 'orphan':
      return [
        problem('eni', id, {
          evidence: grounds,
          consequence: attachment === null ? 'nobody can be given it' : `${owner} may have no network`,
          mend:
            attachment === null || link?.netns == null
              ? 'enim gc --dry-run'
              : `enim del ${owner} --container-id ${attachment.containerID}`,
        }),
      ];
    case 'quarantined':
      return [judgeQuarantined(view, grounds, { home, quarantine, source })];
    case 'releasing':
      return [
        warning('eni', id, { evidence: grounds, consequence: 'nobody can use it yet', mend: 'enim gc', fixable: true }),
      ];
    case 'shared':
      return [];
    case 'used':
    case 'free':
      return [
        ...judgeHealthy({ view, eni, home, source }),
        ...(quarantine === null ? [] : [judgeDistrusted(id, quarantine)]),
      ];
  }
}

function mendMissing(isMisplaced: boolean, source: string): string {
  if (isMisplaced) return `${RENEW_SLOTS}  # if that is its NIC`;
  return `${source}  # ${source === SETTINGS ? 'plug it in, or take it out of the settings' : 'see whether the cloud has it attached'}`;
}

/** Free, or with its pod; but something beside it may be amiss. */
function judgeHealthy({
  view: { id, link, attachment, state },
  eni,
  home,
  source,
}: Pick<EniEvidence, 'view' | 'eni' | 'home' | 'source'>): Finding[] {
  if (eni === undefined) {
    return [
      warning('eni', id, {
        evidence: `${attachment?.owner} has it, but the provider does not know it`,
        consequence: 'it comes home, but is not given out again',
        mend: source === SETTINGS ? `${source}  # put it in again` : 'enim list --all-nodes  # what the cluster has',
      }),
    ];
  }
  const twin = home.find(({ ifindex }) => link?.netns !== null || ifindex !== link.ifindex);
  if (link !== null && link.netns !== null && twin !== undefined) {
    return [
      warning('eni', id, {
        evidence: `its NIC is in ${link.netns} as ${link.name}, but ${twin.name} at home has its MAC too`,
        consequence: 'one of the two is taken for the other when it comes home',
        mend: `ip -d link show dev ${twin.name}  # remove what is no ENI, or give the ENI its pciAddress`,
      }),
    ];
  }
  const wanted = eni.ifname;
  if (state === 'free' && link !== null && wanted !== null && link.name !== wanted) {
    return [
      warning('eni', id, {
        evidence: `its NIC is home as ${link.name}; the settings call it ${wanted}`,
        consequence: 'whoever looks for it by its name does not find it until it has been used once',
        mend: `ip link set dev ${link.name} down && ip link set dev ${link.name} name ${wanted}`,
      }),
    ];
  }
  if (state === 'free' && link !== null && wanted === null && /^(dev|enim)\d+$/.test(link.name)) {
    return [
      warning('eni', id, {
        evidence: `its NIC is home as ${link.name}, which is what a NIC is called whose own name was taken`,
        consequence: 'it keeps that name from now on',
        mend: `ip link set dev ${link.name} down && ip link set dev ${link.name} name NAME  # whatever it is to be called`,
      }),
    ];
  }
  return [];
}

function none(config: string, provider: Parts['provider']): Finding {
  return warning('eni', 'no ENI', {
    evidence:
      provider.registry === undefined
        ? `neither ${config} nor discovery knows one`
        : 'the cluster has none for pods on this node',
    consequence: 'no pod can be given one',
    mend: originOf(provider),
  });
}

function summary(views: readonly EniView[]): Finding[] {
  if (views.length === 0) return [];
  const states = [...new Set(views.map(({ state }) => state))].sort();
  const counts = states.map((state) => `${views.filter((view) => view.state === state).length} ${state}`);
  return [inOrder('eni', views.length === 1 ? '1 ENI' : `${views.length} ENIs`, `in order: ${counts.join(', ')}`)];
}

/** Real cards of one permanent MAC, of which no ENI is: an inventory of this node would meet a tie. */
function twins(links: readonly Link[], enis: readonly string[]): Finding[] {
  const cards = links.filter((link) => link.kind === null && canBeEni(link) && link.permanentMac !== '');
  const macs = [...new Set(cards.map(({ permanentMac }) => permanentMac))].filter((mac) => !enis.includes(mac));
  return macs.flatMap((mac) => {
    const names = cards.filter(({ permanentMac }) => permanentMac === mac).map(({ name }) => name);
    if (names.length < 2) return [];
    return warning('mac', mac, {
      evidence: `several cards have it: ${names.join(', ')}`,
      consequence: 'none of them can be an ENI without its bus address in the settings',
      mend: 'ip -d -br link show  # which of them is to be one?',
    });
  });
}

/** Records that name a netns which is no longer at its path, although the pod lives on. */
async function checkNetns(
  { netns }: Parts,
  attachments: readonly Attachment[],
  unwell: ReadonlySet<string>,
): Promise<Finding[]> {
  const findings = await Promise.all(
    attachments.map(async (attachment): Promise<Finding[]> => {
      const { path, inode } = attachment.netns;
      if (unwell.has(attachment.eni.id)) return [];
      const there = await netns.find(path);
      if (there?.inode === inode) return [];
      return [
        warning('netns', path, {
          evidence: `${there === undefined ? 'it is gone' : 'another is there now'}, while processes of ${attachment.owner} still run in it`,
          consequence: `${attachment.eni.id} stays with them until they end`,
          mend: `enim del ${attachment.owner} --container-id ${attachment.containerID}`,
        }),
      ];
    }),
  );
  return findings.flat();
}
