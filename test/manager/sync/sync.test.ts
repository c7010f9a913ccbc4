import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Step } from '../../../src/link/arrange.js';
import type { LinkWork } from '../../../src/link/driver.js';
import type { Parts } from '../../../src/manager/parts.js';
import type { Synced } from '../../../src/manager/sync/outcome.js';
import type { NodeView } from '../../../src/manager/sync/plan.js';
import { sync } from '../../../src/manager/sync/sync.js';
import type { Attachment } from '../../../src/model/attachment.js';
import { EnimError } from '../../../src/model/errors.js';
import type { SyncEni } from '../../../src/model/sync.js';
import type { Assigned } from '../../../src/providers/provider.js';
import { sampleAttachment, sampleEni, sampleSnapshot } from '../../model/samples.js';
import { enimErrorOf } from '../../model/thrown.js';
import { nodeAfter } from './model.js';
import { nicOf, sampleNode, sampleRule, sampleSyncEni } from './samples.js';

/** A node in memory with two ENIs, what happened to it in order, and places to interfere. */
class Bed {
  view: NodeView = sampleNode([nicOf(1, { up: true }), nicOf(2)]);
  enis: SyncEni[] = [sampleSyncEni(1), sampleSyncEni(2)];
  told = new Set<string>();
  attachments: Attachment[] = [];
  events: string[] = [];
  /** Called before each event, by its name. */
  interfere: (event: string) => void = () => undefined;
  /** Called before each look at the kernel. */
  beforeLook: () => void = () => undefined;

  #note(event: string): void {
    this.interfere(event);
    this.events.push(event);
  }

  parts(): Parts {
    const assigned = (eni: SyncEni): Assigned => ({
      eni,
      differences: () => (this.told.has(eni.id) ? [] : [{ what: 'state', from: null, to: 'ready' }]),
    });
    const seeing = {
      lookHome: async () => {
        this.beforeLook();
        return { links: this.view.links, use: this.view.use };
      },
      lookAtRouting: async () => this.view,
    };
    const work = { arrange: (steps: readonly Step[]) => this.#arrange(steps), close: async () => undefined };
    const links = { ...seeing, ...work, under: () => links };
    const locks = {
      acquire: async (name: string) => {
        this.#note(`lock ${name}`);
        return { fd: 0, release: () => this.#note(`unlock ${name}`) };
      },
    };
    const assignments = {
      list: async () => this.enis.map(assigned),
      find: async (id: string) => this.enis.filter((eni) => eni.id === id).map(assigned)[0],
      report: async (id: string, { name }: { name: string }) => {
        this.#note(`tell ${id} ${name}`);
        this.told.add(id);
        return [{ what: 'state', from: null, to: 'ready' }];
      },
    };
    const provider = { name: 'kubernetes', assignments };
    const store = { list: async () => this.attachments };
    return { provider, links, locks, store } as unknown as Parts;
  }

  async #arrange(steps: readonly Step[]): ReturnType<LinkWork['arrange']> {
    for (const step of steps) {
      this.#note('ip' in step ? step.ip.join(' ') : `set ${step.sysctl}`);
      this.view = nodeAfter(this.view, [step]);
    }
  }

  sync(dryRun = false, signal?: AbortSignal): Promise<Synced> {
    return sync(this.parts(), { dryRun }, signal);
  }
}

const outcomes = ({ enis }: Synced): string[] => enis.map(({ outcome }) => outcome);
const failing = (when: (event: string) => boolean, error: Error) => (event: string) => {
  if (when(event)) throw error;
};
const REFUSED = new EnimError('LINK_FAILED', 'The kernel said no.');

describe('a round of sync', () => {
  let bed: Bed;
  beforeEach(() => {
    bed = new Bed();
  });

  it('works on each ENI under its lock, and tells the provider last', async () => {
    expect(outcomes(await bed.sync())).toEqual(['change', 'change']);
    const marks = bed.events.filter((event) => /lock|tell| name /.test(event));
    expect(marks).toEqual([
      'lock sync',
      ...['lock eni eni-1', 'link set dev if2 name cce-eni-0', 'tell eni-1 cce-eni-0', 'unlock eni eni-1'],
      ...['lock eni eni-2', 'link set dev if3 name cce-eni-1', 'tell eni-2 cce-eni-1', 'unlock eni eni-2'],
      'unlock sync',
    ]);
  });

  it('takes no ENI’s lock where nothing is to be done, and in a dry run none at all', async () => {
    const dry = await bed.sync(true);
    expect([dry.dryRun, outcomes(dry), bed.events]).toEqual([true, ['change', 'change'], []]);
    await bed.sync();
    bed.events = [];
    expect(outcomes(await bed.sync())).toEqual(['ready', 'ready']);
    expect(bed.events).toEqual(['lock sync', 'unlock sync']);
  });

  it('leaves an ENI alone that somebody was given between its look and its lock', async () => {
    bed.interfere = (event) => {
      if (event === 'lock eni eni-1') bed.enis = [sampleSyncEni(1, { excluded: 'a pod has it' }), sampleSyncEni(2)];
    };
    const { enis } = await bed.sync();
    expect(enis).toMatchObject([{ outcome: 'left', reason: 'a pod has it', commands: [] }, { outcome: 'change' }]);
    expect(bed.events).not.toContain('tell eni-1 cce-eni-0');
  });

  it('leaves an ENI alone whose object goes between the two', async () => {
    bed.interfere = (event) => {
      if (event === 'lock eni eni-1') bed.enis = [sampleSyncEni(2)];
    };
    expect((await bed.sync()).enis).toMatchObject([
      { outcome: 'left', reason: 'its object is gone' },
      { outcome: 'change' },
    ]);
  });

  it('calls nothing wrong that only seemed so before the lock', async () => {
    const { links } = bed.view;
    bed.view = { ...bed.view, links: links.slice(1) };
    bed.interfere = (event) => {
      if (event === 'lock eni eni-1') bed.view = { ...bed.view, links: [...links.slice(0, 1), ...bed.view.links] };
    };
    expect(outcomes(await bed.sync())).toEqual(['change', 'change']);
  });

  it.each(['eni-1', 'former'])(
    'leaves an ENI alone that is recorded as %s, and the name that its NIC comes home under',
    async (id) => {
      const snapshot = sampleSnapshot({ name: 'cce-eni-0' });
      bed.attachments = [sampleAttachment({ eni: sampleEni(1, { id }), owner: 'default/web-0', snapshot })];
      expect((await bed.sync()).enis).toMatchObject([
        { outcome: 'left', reason: 'default/web-0 has it' },
        { outcome: 'change', nic: { name: 'cce-eni-1' } },
      ]);
    },
  );

  it('gives no number twice, also where the NIC of the first one leaves meanwhile', async () => {
    bed.interfere = (event) => {
      if (event === 'lock eni eni-2') bed.view = { ...bed.view, links: bed.view.links.slice(1) };
    };
    expect((await bed.sync()).enis).toMatchObject([{ nic: { name: 'cce-eni-0' } }, { nic: { name: 'cce-eni-1' } }]);
  });

  it('gives nobody the name of a NIC that leaves while it looks, before it was told', async () => {
    const [first = nicOf(1), ...others] = bed.view.links;
    const named = { ...first, name: 'cce-eni-0' };
    bed.view = { ...bed.view, links: [named, ...others] };
    bed.enis = [sampleSyncEni(1, { excluded: 'a pod has it' }), sampleSyncEni(2)];
    const snapshot = sampleSnapshot({ name: 'cce-eni-0' });
    let looks = 0;
    bed.beforeLook = () => {
      looks += 1;
      if (looks === 1) return;
      bed.view = { ...bed.view, links: others };
      bed.attachments = [sampleAttachment({ eni: sampleEni(1), owner: 'default/web-0', snapshot })];
    };
    expect((await bed.sync()).enis).toMatchObject([{ outcome: 'left' }, { nic: { name: 'cce-eni-1' } }]);
  });

  it('takes the NIC up again where a step fails, says so, keeps the rules, and goes on with the others', async () => {
    const stale = sampleRule({ priority: 1160, from: '10.0.1.10', table: '135' });
    bed.view = { ...bed.view, rules: [stale, sampleRule({ from: '10.0.9.9' })] };
    bed.interfere = failing((event) => event === 'link set dev if2 name cce-eni-0', REFUSED);
    const { enis } = await bed.sync();
    expect(enis).toMatchObject([
      { outcome: 'failed', reason: REFUSED.message, done: false },
      { outcome: 'change', done: true },
    ]);
    expect(bed.view.links[0]).toMatchObject({ name: 'eth1', up: true });
    expect(bed.events.filter((event) => event.startsWith('rule del'))).toEqual([
      'rule del from 10.0.9.9 lookup 127 priority 1152',
    ]);
    expect(bed.events).toContain('unlock eni eni-1');
  });

  it('goes on with the others where the provider refuses what is told of one', async () => {
    const busy = new EnimError('BUSY', 'It was changed by others.');
    bed.interfere = failing((event) => event.startsWith('tell eni-1'), busy);
    expect((await bed.sync()).enis).toMatchObject([{ outcome: 'failed', reason: busy.message }, { outcome: 'change' }]);
    bed.interfere = () => undefined;
    expect(outcomes(await bed.sync())).toEqual(['change', 'ready']);
  });

  it('ends where the provider cannot be reached, with every lock free', async () => {
    const away = new EnimError('API_UNREACHABLE', 'It does not answer.');
    bed.interfere = failing((event) => event.startsWith('tell'), away);
    expect(await enimErrorOf(() => bed.sync())).toBe(away);
    expect(bed.events.filter((event) => event.includes('lock'))).toEqual([
      ...['lock sync', 'lock eni eni-1', 'unlock eni eni-1', 'unlock sync'],
    ]);
  });

  it('does for each ENI what it can where what is for all of them fails', async () => {
    bed.interfere = failing((event) => event.endsWith('/all/rp_filter'), REFUSED);
    const synced = await bed.sync();
    expect([synced.node.error, outcomes(synced)]).toEqual([REFUSED.message, ['change', 'change']]);
  });

  it('ends between two ENIs when it is told to', async () => {
    const controller = new AbortController();
    bed.interfere = (event) => {
      if (event.startsWith('tell eni-1')) controller.abort();
    };
    const { enis } = await bed.sync(false, controller.signal);
    expect(enis.map(({ eni }) => eni)).toEqual(['eni-1']);
    expect(bed.view.links.map(({ name }) => name)).toEqual(['cce-eni-0', 'eth2']);
  });

  it('hides no bug', async () => {
    bed.interfere = failing((event) => event.startsWith('tell'), new TypeError('a bug'));
    await expect(bed.sync()).rejects.toThrow(TypeError);
  });

  it('is refused where the provider leaves nothing to the node', async () => {
    const parts = { ...bed.parts(), provider: { name: 'static' } } as Parts;
    const { code, message } = await enimErrorOf(() => sync(parts, { dryRun: false }));
    expect([code, message]).toEqual(['INVALID_CONFIG', expect.stringContaining('The provider is static')]);
  });
});
