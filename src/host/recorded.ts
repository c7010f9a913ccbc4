/** A machine as it was recorded. What nobody looked at then nobody can look at now, and says so. */
import { findIn, give, type Pairs } from '../model/answer.js';
import { EnimError } from '../model/errors.js';
import type { Host } from './host.js';
import type { HostRecord } from './record.js';

/** @param refuse makes the error of what a record cannot do */
export function createRecordedHost(record: HostRecord, refuse: () => EnimError): Host {
  const refused = (): never => {
    throw refuse();
  };
  const found = <T>(table: Pairs<T>, key: string): T => {
    const value = findIn(table, key);
    if (value === undefined) throw unseen(key);
    return value;
  };
  const whole = <T>(value: T | null, what: string): T => {
    if (value === null) throw unseen(what);
    return value;
  };
  return {
    look: (path) => give(found(record.entries, path)) ?? undefined,
    read: (path) => found(record.texts, path) ?? undefined,
    list: (directory) => found(record.directories, directory),
    processes: () => whole(record.processes, 'the processes'),
    heldLocks: (directory) => found(record.locks, directory),
    findProgram: (name) => found(record.paths, name) ?? undefined,
    iproute2: async () => give(whole(record.iproute2, 'the version of iproute2')),
    programs: async () => give(whole(record.programs, 'the programs that enim starts')),
    privileges() {
      const { uid, capabilities } = whole(record.privileges, 'what enim may do');
      return { uid, can: (capability) => capabilities.includes(capability) };
    },
    ...{ makeDirectory: refused, removeFile: refused },
  };
}

function unseen(what: string): EnimError {
  return new EnimError('NOT_THERE', `The bundle does not say anything about ${what}.`, {
    hint: 'use the enim that made the bundle, or look on the node itself',
  });
}
