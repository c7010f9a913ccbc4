/** The links and netns of a machine as they were recorded. They are only looked at: what would change them is refused. */
import { findIn, give } from '../model/answer.js';
import type { EnimError } from '../model/errors.js';
import { type Link, lowersOf, namesOf } from '../model/link.js';
import { configurationFaults } from './configure.js';
import { differences, type HomeView, type LinkDriver, type LinkWork } from './driver.js';
import type { NetnsHolders } from './holders.js';
import { type NetnsDirectory, netnsPath } from './netns.js';
import type { HardwareRecord, HomeRecord, NetnsIndex, NetnsRecord, PlaceRecord } from './record.js';

/** All that was recorded. */
interface LinksRecord {
  readonly home: HomeRecord;
  readonly netns: readonly NetnsRecord[];
  readonly hardware: HardwareRecord;
}

/** @param refuse makes the error of what a record cannot do */
export function createRecordedLinks({ home, netns, hardware }: LinksRecord, refuse: () => EnimError): LinkDriver {
  const refused = async (): Promise<never> => Promise.reject(refuse());
  const placeOf = (inode: number): NetnsRecord | undefined => netns.find((each) => each.inode === inode);

  const hardwareAt: LinkDriver['hardwareAt'] = async (busAddress) =>
    give(findIn(hardware, busAddress) ?? { value: null }) ?? undefined;

  const driver: LinkDriver = {
    lookHome: async () => viewOf(home),
    async lookInto({ inode }) {
      const place = placeOf(inode);
      return place === undefined ? undefined : (give(place.links) ?? undefined);
    },
    async counters(place, ifname) {
      const record: PlaceRecord | undefined = place === null ? home : placeOf(place.inode);
      const around = record === undefined ? null : give(record.around);
      return findIn(around?.counters ?? [], ifname) ?? null;
    },
    hardwareAt,
    driverOf: async (link) =>
      (link.busAddress === null ? undefined : await hardwareAt(link.busAddress))?.driver ?? link.kind,
    faults: configurationFaults,
    differences,
    ...{ routesInto: refused, lookAtRouting: refused, lookAround: refused, findDevice: refused, isDevice: refused },
    under: (): LinkWork => ({
      ...driver,
      prepare: () => undefined,
      close: async () => undefined,
      ...{ snapshot: refused, moveIn: refused, label: refused, configure: refused, moveHome: refused },
      ...{ restore: refused, arrange: refused, rebind: refused, lookAt: refused },
    }),
  };
  return driver;
}

function viewOf({ links, use }: HomeRecord): HomeView {
  const there: readonly Link[] = give(links) ?? [];
  return { links: there, use: { ...give(use), names: namesOf(there), lowers: lowersOf(there) } };
}

/** @param refuse makes the error of what a record cannot do */
export function createRecordedNetns(index: NetnsIndex, refuse: () => EnimError): NetnsDirectory {
  const { all, processes, holders, paths } = index;
  const inodeOf = (path: string): number | null => {
    const known = findIn(paths, path);
    if (known !== undefined) return give(known);
    return give(all).find((each) => each.path === path)?.inode ?? null;
  };
  return {
    pathOf: netnsPath,
    get: async () => Promise.reject(refuse()),
    async find(path) {
      const inode = inodeOf(path);
      return inode === null ? undefined : { path, inode };
    },
    findAll: async () => give(all),
    processes: async () => new Map(give(processes)),
    async holders(inodes) {
      const known = new Map<number, NetnsHolders>(give(holders));
      return new Map(inodes.flatMap((inode) => (known.has(inode) ? [[inode, known.get(inode) as NetnsHolders]] : [])));
    },
  };
}
