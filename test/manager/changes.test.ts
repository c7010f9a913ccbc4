import { afterEach, describe, expect, it } from '@jest/globals';
import { changesBetween, createChanges } from '../../src/manager/changes.js';
import { NOW, sampleView } from '../render/views.js';

describe('changesBetween', () => {
  const [a, b] = [sampleView({ id: 'eni-a' }), sampleView({ id: 'eni-b' })];
  const told = (...args: Parameters<typeof changesBetween>): string[] =>
    changesBetween(...args).map(({ event, eni, was }) => `${event} ${eni.id} ${was?.state ?? '-'} ${eni.state}`);

  it('tells what is new, what is another, and what is gone', () => {
    const orphan = sampleView({ id: 'eni-b', state: 'orphan' });
    expect(told([], [a, b], NOW)).toEqual(['added eni-a - free', 'added eni-b - free']);
    expect(told([a, b], [a, orphan], NOW)).toEqual(['changed eni-b free orphan']);
    expect(told([a, b], [b], NOW)).toEqual(['removed eni-a free free']);
  });

  it('tells nothing of what is the same, in whatever order', () => {
    expect(told([a, b], [b, Object.fromEntries(Object.entries(a).reverse()) as unknown as typeof a], NOW)).toEqual([]);
  });
});

describe('changes', () => {
  const patience = 10_000;
  let end = new AbortController();

  // Who still waits would wait for all of his patience.
  afterEach(() => {
    end.abort();
    end = new AbortController();
  });

  const told = (settle: number) => {
    const listeners: (() => void)[] = [];
    const source = (onChange: () => void) => {
      listeners.push(onChange);
      return () => undefined;
    };
    const changes = createChanges([source], settle, end.signal);
    return { changes, tell: () => listeners.forEach((listener) => void listener()) };
  };

  it('come at once, when a source tells of one', async () => {
    const { changes, tell } = told(0);
    const next = changes.next(patience);
    tell();
    await next;
    tell();
    await changes.next(patience);
  });

  it('come after the limit, when nobody tells', async () => {
    await createChanges([], 0, new AbortController().signal).next(5);
  });

  it('that come together are one', async () => {
    const { changes, tell } = told(20);
    for (let times = 0; times < 5; times += 1) tell();
    await changes.next(patience);
    const isOver = await Promise.race([
      changes.next(patience).then(() => true),
      new Promise((r) => setTimeout(r, 60, false)),
    ]);
    expect(isOver).toBe(false);
  });

  it('are not waited for after an interruption', async () => {
    const controller = new AbortController();
    const changes = createChanges([], patience, controller.signal);
    const next = changes.next(patience);
    controller.abort();
    await next;
  });

  it('end with their sources', () => {
    let stopped = 0;
    createChanges(
      [
        () => () => {
          stopped += 1;
        },
      ],
      0,
      new AbortController().signal,
    ).close();
    expect(stopped).toBe(1);
  });
});
