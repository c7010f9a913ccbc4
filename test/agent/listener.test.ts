import { describe, expect, it } from '@jest/globals';
import { createListener } from '../../src/agent/listener.js';
import { DEFAULTS } from '../../src/config/schema.js';
import type { Heard, NodeWatch } from '../../src/providers/kubernetes/watch/watch.js';

const KUBERNETES = { ...DEFAULTS, provider: 'kubernetes' as const };
const NOTHING: Heard = { enis: [], endpoints: [] };
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A watch that runs until it is told to end, or throws. */
function opened(fault?: Error) {
  const signals: AbortSignal[] = [];
  const watch: NodeWatch = {
    heard: () => NOTHING,
    run(signal) {
      signals.push(signal);
      return fault === undefined
        ? new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
        : Promise.reject(fault);
    },
  };
  return { signals, watch };
}

function listening(...watches: readonly NodeWatch[]) {
  const logged: string[] = [];
  const rest = [...watches];
  const listener = createListener({
    open: async () => rest.shift() ?? Promise.reject(new Error('There are no more.')),
    ...{ observe: () => undefined, onNews: () => undefined },
    log: (_, message) => logged.push(message),
  });
  return { listener, logged };
}

describe('the watch of the settings', () => {
  it('is one for the same settings, and none where there is no cluster', async () => {
    const { watch, signals } = opened();
    const { listener } = listening(watch);
    listener.follow(KUBERNETES);
    listener.follow({ ...KUBERNETES });
    await settled();
    expect([listener.heard(), signals.length]).toEqual([NOTHING, 1]);
    listener.follow(DEFAULTS);
    expect([listener.heard(), signals[0]?.aborted]).toEqual([undefined, true]);
  });

  it('that has thrown is ended as a whole, counts for nothing, and is begun anew with the next look at the settings', async () => {
    const [broken, whole] = [opened(new Error('a bug')), opened()];
    const { listener, logged } = listening(broken.watch, whole.watch);
    listener.follow(KUBERNETES);
    await settled();
    expect([listener.heard(), broken.signals[0]?.aborted]).toEqual([undefined, true]);
    expect(logged).toEqual(['The watch has ended, and the agent goes on without it.']);
    listener.follow(KUBERNETES);
    await settled();
    expect([listener.heard(), whole.signals.length]).toEqual([NOTHING, 1]);
    listener.stop();
  });
});
