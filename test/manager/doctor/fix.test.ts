import { describe, expect, it } from '@jest/globals';
import { examine } from '../../../src/manager/doctor/examine.js';
import { fix } from '../../../src/manager/doctor/fix.js';
import type { Patient } from '../../../src/manager/doctor/patient.js';
import { EnimError } from '../../../src/model/errors.js';
import { addTo, nodeWith } from '../node.js';
import { entry, FakeHost, NOW, patientWith, sampleState } from './patient.js';

const levels = async (patient: Patient) =>
  (await examine(patient)).filter(({ level }) => level !== 'ok').map(({ check, level }) => `${level} ${check}`);

describe('the examination', () => {
  it('of a healthy node finds everything in order, every check among it', async () => {
    const findings = await examine(patientWith(new FakeHost()));
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
    expect([...new Set(findings.map(({ check }) => check))]).toEqual([
      ...[
        'settings',
        'state',
        'cordon',
        'directory',
        'lock',
        'program',
        'permissions',
        'eni',
        'agent',
        'udev',
        'rp_filter',
      ],
      'clock',
    ]);
  });

  it('goes on with wrong settings, and says what it could not look at', async () => {
    const open = () => {
      throw new EnimError('INVALID_CONFIG', 'The settings are wrong.');
    };
    expect(await levels(patientWith(new FakeHost(), { open }))).toEqual(['problem settings', 'warning eni']);
  });

  it('does not touch a damaged state', async () => {
    const patient = patientWith(new FakeHost(), {
      inspectState: () => sampleState({ present: { kind: 'damaged', reason: 'x' } }),
      open: () => ({
        ...nodeWith(1).parts(),
        get store(): never {
          throw new Error('read');
        },
      }),
    });
    expect(await levels(patient)).toEqual(['problem state', 'warning eni']);
  });

  it('takes what it cannot look at for a problem if nothing else explains it', async () => {
    const parts = nodeWith(1).parts();
    const lookHome = async () => {
      throw new EnimError('LINK_FAILED', '"ip" failed.');
    };
    expect(await levels(patientWith(new FakeHost(), {}, { ...parts, links: { ...parts.links, lookHome } }))).toEqual([
      'problem eni',
    ]);
  });

  it.each([
    ['NOT_PERMITTED', 'run enim as root', 'sudo enim doctor'],
    ['LINK_FAILED', 'enim gc', 'enim gc'],
    ['STATE_NEWER', 'which -a enim  # use it', 'which -a enim  # use it'],
    ['STATE_UNREADABLE', 'mend its disk', 'enim doctor --debug  # mend its disk'],
    ['LINK_FAILED', undefined, 'enim doctor'],
  ] as const)('names for %s with the hint %j a command: %s', async (code, hint, mend) => {
    const findCordon = () => {
      throw new EnimError(code, 'It cannot be seen.', { hint });
    };
    const findings = await examine(patientWith(new FakeHost(), { findCordon }));
    expect(findings.filter(({ level }) => level !== 'ok')).toMatchObject([{ check: 'cordon', mend }]);
  });

  it('lets a bug through', async () => {
    const inspectState = () => {
      throw new TypeError('bug');
    };
    await expect(examine(patientWith(new FakeHost(), { inspectState }))).rejects.toThrow(TypeError);
  });
});

describe('the mending', () => {
  it('of a healthy node does nothing', async () => {
    const patient = patientWith(new FakeHost());
    expect(await fix(patient, await examine(patient))).toEqual([]);
  });

  it('reclaims what gc would reclaim, and then all is in order', async () => {
    const machine = nodeWith(2);
    const clean = machine.show();
    const { inode } = machine.addPod('web-0');
    await addTo(machine);
    machine.killPod({ inode });
    const patient = patientWith(new FakeHost(), {}, machine.parts());

    expect(await fix(patient, await examine(patient))).toMatchObject([
      { subject: 'eni-1', done: expect.stringMatching(/^reclaimed: /), error: null },
    ]);
    expect(machine.show()).toBe(clean);
    expect(await levels(patient)).toEqual([]);
  });

  it('makes missing directories for their owner alone', async () => {
    const host = new FakeHost();
    host.entries.delete('/run/enim');
    const patient = patientWith(host);

    expect(await fix(patient, await examine(patient))).toEqual([
      { subject: '/run/enim', done: 'made, mode 0700', error: null },
    ]);
    expect(host.entries.get('/run/enim')?.mode).toBe(0o700);
  });

  it('removes an unfinished file, but not one that somebody has just begun', async () => {
    const old = new Date(NOW.getTime() - 7_200_000);
    const host = new FakeHost();
    const paths = ['/var/lib/enim/state.json.new', '/var/lib/enim/state.previous.json.new'] as const;
    const patient = patientWith(host, {
      inspectState: () => sampleState({ unfinished: paths.map((path) => ({ path, modified: old })) }),
    });
    host.entries.set(paths[0], entry({ kind: 'file', modified: old }));
    host.entries.set(paths[1], entry({ kind: 'file', modified: NOW }));
    await fix(patient, await examine(patient));
    expect(paths.map((path) => host.entries.has(path))).toEqual([false, true]);
  });

  it('goes on after a failure, and says it', async () => {
    const host = new FakeHost();
    host.entries.delete('/var/lib/enim');
    host.entries.delete('/run/enim');
    host.makeDirectory = (path) => {
      throw new EnimError('NOT_PERMITTED', `It was impossible to make ${path} (EROFS).`);
    };
    const patient = patientWith(host);
    expect((await fix(patient, await examine(patient))).map(({ error }) => error)).toEqual([
      'It was impossible to make /var/lib/enim (EROFS).',
      'It was impossible to make /run/enim (EROFS).',
    ]);
  });

  it('replaces a damaged state by the last good generation, and collects what that shows', async () => {
    const machine = nodeWith(1);
    let reads = 0;
    const parts = machine.parts();
    const store = {
      ...parts.store,
      list: () => {
        reads += 1;
        return parts.store.list();
      },
    };
    const patient = patientWith(
      new FakeHost(),
      {
        inspectState: () =>
          sampleState({
            present: reads === 0 ? { kind: 'damaged', reason: 'x' } : { kind: 'none' },
            previous: { kind: 'none' },
          }),
      },
      { ...parts, store },
    );
    expect(await fix(patient, await examine(patient))).toMatchObject([
      { subject: '/var/lib/enim/state.json', error: null },
    ]);
    expect(await levels(patient)).toEqual([]);
  });
});
