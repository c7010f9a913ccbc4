/** The same node as each command would see it, made from its ENIs: what the screens are drawn of. */
import type { Installation } from '../../src/install/installer.js';
import type { Adoption } from '../../src/manager/adopt.js';
import type { ClusterEniView } from '../../src/manager/cluster.js';
import type { Finding } from '../../src/manager/doctor/finding.js';
import type { Standing } from '../../src/manager/drain/standing.js';
import type { Collected } from '../../src/manager/gc/finding.js';
import type { EniView } from '../../src/manager/list.js';
import type { Portrait } from '../../src/manager/show.js';
import type { Synced, SyncedEni } from '../../src/manager/sync/outcome.js';
import type { NicView } from '../../src/manager/where/view.js';
import type { Endpoint } from '../../src/model/attachment.js';
import type { Proposal } from '../../src/model/discover.js';
import type { Holding } from '../../src/model/history.js';
import type { ProvidedEni } from '../../src/providers/provider.js';
import type { Failure } from '../../src/render/failure.js';
import type { VersionDocument } from '../../src/render/version.js';

/** Who has it; null if nobody does. */
function holderOf({ attachment }: EniView): Endpoint | null {
  if (attachment === null) return null;
  const { owner, containerID, ifname, network } = attachment;
  return { owner, containerID, ifname, network, uid: null };
}

export const held = (views: readonly EniView[]): readonly EniView[] =>
  views.filter(({ attachment }) => attachment !== null);

export function provided(views: readonly EniView[]): ProvidedEni[] {
  return views.map((view) => ({
    eni: {
      ...{ id: view.id, mac: view.mac, ipv4: view.ipv4, ipv6: view.ipv6 },
      ...{ pciAddress: null, ifname: null, mtu: null, routes: null },
    },
    holder: holderOf(view),
    since: view.attachment?.since ?? null,
    releasedAt: null,
  }));
}

export function holdings(views: readonly EniView[]): Holding[] {
  return held(views).map((view, index) => ({
    ...(holderOf(view) as Endpoint),
    ...{ eni: view.id, role: 'device' as Holding['role'], netns: view.attachment?.netns ?? '' },
    from: view.attachment?.since ?? null,
    ...(index % 3 === 0
      ? { to: null, reason: null, restored: [] }
      : { to: '2026-11-24T08:09:12.000Z', reason: 'del', restored: [{ what: 'MTU', from: '1300', to: '1500' }] }),
  })) as Holding[];
}

function reasonOf({ state, attachment }: EniView): string {
  if (state === 'used') return `netns ${attachment?.netns} alive (pid 4711); NIC is in it as eth0`;
  if (state === 'missing') return `netns ${attachment?.netns} alive (no process); NIC is nowhere on this node`;
  return `netns ${attachment?.netns} is gone; NIC is home as dev77; name dev77 → eni5`;
}

export function verdicts(views: readonly EniView[]): Collected[] {
  return held(views).map((view) => ({
    ...{ eni: view.id, action: view.state === 'orphan' ? 'reclaim' : 'keep', reason: reasonOf(view) },
    ...{ done: false, error: null, remaining: [] },
  })) as Collected[];
}

export function findings(views: readonly EniView[]): Finding[] {
  const fine = { level: 'ok', consequence: null, mend: null, fixable: false } as const;
  const bad = held(views).filter(({ state }) => state !== 'used');
  return [
    { check: 'settings', subject: '/etc/enim/config.json', evidence: 'valid', ...fine },
    ...bad.map(
      (view): Finding => ({
        ...{ check: 'eni', level: 'problem', subject: view.id, evidence: reasonOf(view) },
        ...{ consequence: 'nobody can use it', fixable: view.state === 'orphan' },
        mend:
          view.state === 'orphan'
            ? 'enim gc'
            : `enim del ${view.attachment?.owner} --container-id ${view.attachment?.containerID}`,
      }),
    ),
    {
      ...{ check: 'udev', level: 'warning', subject: '/etc/udev/rules.d/70-ec2.rules', fixable: false },
      ...{
        evidence: 'line 3 renames ena devices',
        consequence: 'moves by name can race',
        mend: 'enim install --unmanaged',
      },
    },
  ];
}

export function standings(views: readonly EniView[]): Standing[] {
  return views.map((view) => ({
    ...{ eni: view.id, mac: view.mac, holder: holderOf(view), reason: reasonOf(view) },
    state: view.attachment === null ? 'home' : view.state === 'orphan' ? 'orphan' : 'used',
    link: view.link === null ? null : { name: view.link.name, netns: view.link.netns },
  }));
}

export function proposal(views: readonly EniView[]): Proposal {
  const entries = views.map(({ id, mac }, index) => ({
    ...{ id, mac, ifname: `ens${index + 5}`, pciAddress: `0000:00:${(index + 5).toString(16).padStart(2, '0')}.0` },
  }));
  const reasons = ['it has the address 10.0.0.2/24', 'a default route leads through it'];
  return {
    enis: entries.slice(1),
    refused: views.slice(0, 1).map(({ mac }) => ({ name: 'ens3', mac, reasons })),
    virtual: views.length > 1 ? 2 : 0,
  };
}

export function synced(views: readonly EniView[]): Synced {
  const enis = views.map(({ id, mac }, index): SyncedEni => {
    const nic = { from: `eth${index}`, name: `cce-eni-${index}`, index };
    const ready = { eni: id, reason: null, nic: { ...nic, from: nic.name }, commands: [], written: [], done: false };
    if (index % 8 === 7)
      return { ...ready, outcome: 'failed', nic: null, reason: `no device with MAC ${mac} is at home` };
    if (index % 4 !== 0) return { ...ready, outcome: 'ready' };
    const commands = [`ip link set dev if${index + 3} name ${nic.name}`, `ip link set dev ${nic.name} up`];
    return { ...ready, outcome: 'change', nic, commands, written: [{ what: 'index', from: null, to: index }] };
  });
  return { dryRun: true, node: { commands: [], error: null }, enis };
}

export function adoptions(views: readonly EniView[]): Adoption[] {
  return held(views).map((view) => ({
    ...{ eni: view.id, mac: view.mac, where: `NIC is in ${view.attachment?.netns} as eth0` },
    ...{ attachment: holderOf(view), done: false, error: null },
    evidence: [`the label of the NIC says ${view.attachment?.owner}, container ${view.attachment?.containerID}`],
  }));
}

export function clusterViews(views: readonly EniView[]): ClusterEniView[] {
  return views.map(({ id, mac, state, ipv4, attachment, note }, index) => ({
    ...{
      id,
      mac,
      state,
      note,
      provider: 'kubernetes',
      node: `ip-10-7-0-${1 + (index % 3)}.eu-central-1.compute.internal`,
    },
    addresses: ipv4 === null ? [] : [ipv4.address.replace(/\/.*/, '')],
    attachment: attachment === null ? null : { ...attachment },
  }));
}

export function nicOf(view: EniView): NicView {
  const { attachment, link } = view;
  const isAway = link?.netns != null;
  return {
    ...{
      eni: view.id,
      mac: view.mac,
      busAddress: '0000:00:07.0',
      pciAddress: '0000:00:07.0',
      driver: 'ena',
      note: view.note,
    },
    at: link === null ? 'nowhere' : isAway ? 'netns' : 'home',
    link,
    netns: !isAway
      ? null
      : {
          inode: 4026532871,
          paths: [{ path: attachment?.netns ?? '', deleted: false }],
          processes: [{ pid: 5122, command: 'nginx' }],
          descriptors: [{ pid: 811, command: 'containerd-shim', fd: 12 }],
        },
    record: attachment === null ? null : { ...attachment, phase: 'attached', netns: null },
    label: null,
    next: attachment === null ? null : `enim del ${attachment.owner} --container-id ${attachment.containerID}`,
  } as NicView;
}

export function portrait(view: EniView, history: readonly Holding[]): Portrait {
  const nic = nicOf(view);
  const flow = { bytes: 1_288_490_188, packets: 1_204_411, errors: 0, dropped: 0 };
  return {
    ...{ nic, eni: view, history, next: nic.next, quarantine: null },
    settings: { mac: view.mac, mtu: 1500, up: true, carrier: true, addresses: ['10.7.0.3/16', 'fd00:7::1/64'] },
    traffic: { received: flow, sent: flow },
  };
}

/** What a drain ends with whose time was over. */
export function undrained(views: readonly EniView[], details: readonly string[]): Failure {
  return {
    ...{ code: 'NOT_DRAINED', exitCode: 1, trace: '', details },
    message: `${held(views).length} of ${views.length} ENIs are not home after 10m. The node stays cordoned.`,
    hint: 'end what holds them, then go on: enim drain; or take them: enim drain --timeout 0 --force',
  };
}

/** With what keeps others from the ENIs, if there are any; with a kubeconfig where there are many. */
export function installation(views: readonly EniView[]): Installation {
  const unmanaged = [
    '/etc/systemd/network/10-enim.network',
    '/etc/NetworkManager/conf.d/10-enim.conf',
    '/etc/udev/rules.d/79-enim.rules',
  ];
  const isCluster = views.length >= 64;
  return {
    dryRun: true,
    changes: [
      { path: '/opt/cni/bin/enim', action: 'replace', note: null },
      { path: '/etc/cni/net.d/10-enim.conflist', action: 'keep', note: 'it is up to date' },
      ...(views.length === 0 ? [] : unmanaged.map((path) => ({ path, action: 'write' as const, note: null }))),
    ],
    warnings: [],
    next: views.length === 0 ? ['enim install --unmanaged', 'enim list'] : ['udevadm control --reload', 'enim list'],
    kubeconfig: isCluster
      ? {
          ...{ path: '/etc/cni/net.d/enim.kubeconfig', server: 'https://10.96.0.1:443', pod: 'enim-agent-x7k2p' },
          ...{ account: 'system:serviceaccount:enim-system:enim', expires: '2026-12-24T08:09:12.000Z' },
        }
      : null,
  };
}

export const VERSION: VersionDocument = {
  ...{ version: '1.2.3', commit: '3f9c1d2a7b4e', date: '2026-11-24T08:09:12Z', modified: true },
  ...{ runtime: { name: 'Bun', version: '1.4.5' }, target: 'linux-x64' },
};
