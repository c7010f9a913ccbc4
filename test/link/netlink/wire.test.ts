import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createGoingOn, waiting } from '../../../src/link/netlink/wire.js';
import { useTemporaryDirectories } from '../../store/temporary.js';

const temporary = useTemporaryDirectories();
const opened: number[] = [];

afterEach(() => {
  for (const fd of opened.splice(0)) closeSync(fd);
});

/** A pipe, to which a write has to wait while it is full, as one to the kernel has to while that moves another NIC. */
function pipe(): { readonly fd: number; fill(): void; drain(): string } {
  const path = join(temporary(), 'pipe');
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDWR);
  const other = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  opened.push(fd, other);
  return {
    fd,
    fill() {
      const bytes = Buffer.alloc(4096, 'x');
      try {
        for (;;) writeSync(other, bytes);
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'EAGAIN' });
      }
    },
    drain() {
      const bytes = Buffer.alloc(2 ** 20);
      return bytes.toString('utf8', 0, readSync(other, bytes, 0, bytes.length, null)).replace(/^x*/, '');
    },
  };
}

describe.each([
  ['waiting', waiting],
  ['goingOn', createGoingOn()],
])('%s', (_, wire) => {
  it('has put a question, and read what is there, before anybody else goes on', async () => {
    const { fd, drain } = pipe();
    const asked = wire.ask(fd, Buffer.from('who is there?'));
    expect(drain()).toBe('who is there?');
    await asked;
    writeSync(fd, 'nobody');
    const room = Buffer.alloc(64);
    const read = wire.read(fd, room);
    expect(room.toString('utf8', 0, 6)).toBe('nobody');
    expect(await read).toBe(6);
  });

  it('says what cannot be written', async () => {
    const fd = openSync('/dev/full', 'w');
    opened.push(fd);
    await expect((async () => wire.order(fd, Buffer.from('move')))()).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect((async () => wire.ask(fd, Buffer.from('look')))()).rejects.toMatchObject({ code: 'ENOSPC' });
  });
});

it('waiting lets signals be heard after each order', async () => {
  const { fd, drain } = pipe();
  let isHeard = false;
  setImmediate(() => {
    isHeard = true;
  });
  await waiting.order(fd, Buffer.from('move'));
  expect([drain(), isHeard]).toEqual(['move', true]);
});

describe('goingOn', () => {
  it('lets others have their turn after each question', async () => {
    const goingOn = createGoingOn();
    const { fd, drain } = pipe();
    let turns = 0;
    const count = (): void => {
      turns += 1;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    for (let question = 1; question <= 3; question += 1) {
      await goingOn.ask(fd, Buffer.from('look'));
      expect(turns).toBeGreaterThanOrEqual(question);
    }
    clearImmediate(next);
    expect(drain()).toBe('looklooklook');
  });

  it('waits for nothing itself while an order of its own is under way', async () => {
    const goingOn = createGoingOn();
    const [order, question] = [pipe(), pipe()];
    order.fill();
    question.fill();
    const room = Buffer.alloc(64);
    const ordered = goingOn.order(order.fd, Buffer.from('move'));
    // On our own thread this would wait for ever: nobody else empties the pipe.
    const asked = goingOn.ask(question.fd, Buffer.from('look'));
    question.drain();
    await asked;
    expect(question.drain()).toBe('look');
    const read = goingOn.read(question.fd, room);
    writeSync(question.fd, 'seen');
    expect(await read).toBe(4);
    order.drain();
    await ordered;
    expect(order.drain()).toBe('move');
  });

  it('waits for nothing itself for ten seconds after another program has held it up', async () => {
    let time = 0;
    // Each question takes so long as the clock is asked twice about it.
    let step = 0;
    const goingOn = createGoingOn(() => {
      time += step;
      return time;
    });
    const { fd, fill, drain } = pipe();
    /** Whether a question is put before anybody else goes on. */
    const isPutAtOnce = async (): Promise<boolean> => {
      const asked = goingOn.ask(fd, Buffer.from('look'));
      const isPut = drain() === 'look';
      await asked;
      if (!isPut) expect(drain()).toBe('look');
      return isPut;
    };
    // Or there would be nothing to drain, and the test would wait.
    writeSync(fd, 'x');
    expect(await isPutAtOnce()).toBe(true);
    step = 6;
    writeSync(fd, 'x');
    expect(await isPutAtOnce()).toBe(true);
    step = 0;
    fill();
    expect(await isPutAtOnce()).toBe(false);
    time += 9_980;
    fill();
    expect(await isPutAtOnce()).toBe(false);
    time += 20;
    writeSync(fd, 'x');
    expect(await isPutAtOnce()).toBe(true);
  });
});
