import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { connect } from '../../src/agent/channel.js';
import { converse, type Outcome } from '../../src/agent/conversation.js';
import { encode, FrameReader } from '../../src/agent/frame.js';
import type { AgentAnswer, AgentRequest, Refusal } from '../../src/agent/protocol.js';
import { listen, type Server } from '../../src/agent/server.js';
import { eventually } from '../fabric/poll.js';
import { useTemporaryDirectories } from '../store/temporary.js';
import { sampleRequest } from './samples.js';

const temporary = useTemporaryDirectories();
const servers: Server[] = [];
const sockets: Socket[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.stop();
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Long, for the machine may be busy. */
const PATIENT = { accept: 5_000, silence: 5_000 };

/** For what is about silence. */
const HASTY = { accept: 5_000, silence: 300 };

/** An agent that answers with the standard input of the call, unless told otherwise. */
class TestAgent {
  readonly path = join(temporary(), 'agent.sock');
  readonly begun: { readonly request: AgentRequest; readonly signal: AbortSignal }[] = [];
  refusal: Refusal | undefined;
  perform: (request: AgentRequest, signal: AbortSignal) => Promise<AgentAnswer> = async ({ stdin }) => ({
    ...{ stdout: stdin, stderr: 'a line\n', exitCode: 0 },
  });

  async start(bounds: { clients?: number; slow?: number; silence?: number } = {}): Promise<this> {
    const host = {
      ...{ pid: 4711, version: '1.2.3', build: 'b1' },
      judge: () => this.refusal,
      perform: (request: AgentRequest, signal: AbortSignal) => {
        this.begun.push({ request, signal });
        return this.perform(request, signal);
      },
    };
    servers.push(await listen(this.path, host, { clients: 256, slow: 2_000, silence: 1_000, beat: 50, ...bounds }));
    return this;
  }

  ask(request = sampleRequest(), patience = PATIENT): Promise<Outcome> {
    return converse(request, () => connect(this.path), patience);
  }

  /** Somebody who says what he likes. */
  async visitor(): Promise<Visitor> {
    const socket = connectSocket({ path: this.path, allowHalfOpen: true });
    sockets.push(socket);
    const visitor = new Visitor(socket);
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return visitor;
  }
}

class Visitor {
  readonly heard: unknown[] = [];
  isLeft = false;

  constructor(readonly socket: Socket) {
    const reader = new FrameReader();
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => void this.heard.push(...reader.push(bytes)));
    socket.on('end', () => {
      this.isLeft = true;
    });
    socket.on('close', () => {
      this.isLeft = true;
    });
  }

  say(...messages: unknown[]): void {
    this.socket.write(Buffer.concat(messages.map((each) => encode(each))));
  }

  async hears(type: string): Promise<void> {
    await eventually(`that ${type} is heard`, () =>
      this.heard.some((each) => (each as { type: string }).type === type),
    );
  }

  async isLeftAlone(): Promise<void> {
    await eventually('that the agent leaves', () => this.isLeft, { timeout: 5_000 });
  }
}

describe('a client and the agent', () => {
  it('come to an answer', async () => {
    const agent = await new TestAgent().start();
    expect(await agent.ask()).toEqual({
      kind: 'answered',
      answer: { type: 'answer', stdout: sampleRequest().stdin, stderr: 'a line\n', exitCode: 0 },
    });
    expect(agent.begun.map(({ request }) => request)).toEqual([sampleRequest()]);
  });

  it('carry what is long, both ways', async () => {
    const agent = await new TestAgent().start();
    const stdin = 'x'.repeat(900_000);
    expect(await agent.ask(sampleRequest({ stdin }))).toMatchObject({ answer: { stdout: stdin } });
  });

  it('do not meet where a request is longer than one may be', async () => {
    const agent = await new TestAgent().start();
    expect(await agent.ask(sampleRequest({ stdin: 'x'.repeat(2 ** 20) }))).toEqual({ kind: 'unanswered' });
    expect(agent.begun).toEqual([]);
  });

  it('do not meet where nobody listens', async () => {
    expect(await new TestAgent().ask()).toEqual({ kind: 'unanswered' });
  });

  it.each<Refusal>(['build', 'places', 'stopping'])('part where the agent refuses: %s', async (reason) => {
    const agent = await new TestAgent().start();
    agent.refusal = reason;
    expect(await agent.ask()).toEqual({
      kind: 'refused',
      by: { type: 'refused', reason, pid: 4711, version: '1.2.3', build: 'b1' },
    });
    expect(agent.begun).toEqual([]);
  });

  it('stay together as long as beats come', async () => {
    const agent = await new TestAgent().start();
    agent.perform = async () => {
      await sleep(3 * HASTY.silence);
      return { stdout: 'late', stderr: '', exitCode: 0 };
    };
    expect(await agent.ask(sampleRequest(), HASTY)).toMatchObject({ kind: 'answered', answer: { stdout: 'late' } });
  });

  it('part when the beats stop, and the agent hears of it', async () => {
    const path = join(temporary(), 'agent.sock');
    let isLeft = false;
    // Accepts, beats once, and falls silent.
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.once('data', () => socket.write(encode({ type: 'accepted' })));
      setTimeout(() => socket.write(encode({ type: 'beat' })), 50);
      socket.on('close', () => {
        isLeft = true;
      });
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const started = performance.now();
    expect(await converse(sampleRequest(), () => connect(path), HASTY)).toEqual({
      kind: 'unanswered',
    });
    expect(performance.now() - started).toBeGreaterThan(HASTY.silence);
    await eventually('that the agent is left', () => isLeft);
    server.close();
  });
});

describe('the agent', () => {
  it('begins nothing before it is told to go', async () => {
    const agent = await new TestAgent().start();
    const visitor = await agent.visitor();
    visitor.say(sampleRequest());
    await visitor.hears('accepted');
    expect(agent.begun).toEqual([]);
    visitor.say({ type: 'go' });
    await visitor.hears('answer');
    expect(agent.begun).toHaveLength(1);
  });

  it('begins nothing for a go that comes so late that its client has given it up', async () => {
    const agent = await new TestAgent().start({ silence: 50 });
    const visitor = await agent.visitor();
    visitor.say(sampleRequest());
    await visitor.hears('accepted');
    // One event loop: while it is blocked, neither its timer nor the go is seen.
    visitor.say({ type: 'go' });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    await visitor.isLeftAlone();
    expect(agent.begun).toEqual([]);
  });

  it('abandons the work of a client that vanishes', async () => {
    const agent = await new TestAgent().start();
    agent.perform = async (_, signal) => {
      await eventually('that it is told', () => signal.aborted);
      return { stdout: '', stderr: '', exitCode: 1 };
    };
    const visitor = await agent.visitor();
    visitor.say(sampleRequest(), { type: 'go' });
    await visitor.hears('beat');
    visitor.socket.destroy();
    await eventually('that the work is abandoned', () => agent.begun[0]?.signal.aborted);
  });

  it('leaves the work to the client if it fails in a way that is no answer', async () => {
    const agent = await new TestAgent().start();
    agent.perform = async () => {
      throw new Error('a bug');
    };
    expect(await agent.ask()).toEqual({ kind: 'unanswered' });
    expect(agent.begun).toHaveLength(1);
  });

  it('takes a client that closes its own half for one that has vanished', async () => {
    const agent = await new TestAgent().start();
    agent.perform = (_, signal) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => resolve({ stdout: '', stderr: '', exitCode: 1 })),
      );
    const visitor = await agent.visitor();
    visitor.say(sampleRequest(), { type: 'go' });
    await visitor.hears('beat');
    visitor.socket.end();
    await visitor.isLeftAlone();
    expect(agent.begun[0]?.signal.aborted).toBe(true);
  });

  it.each<readonly [string, readonly unknown[]]>([
    ['goes without a request', [{ type: 'go' }]],
    ['asks twice', [sampleRequest(), sampleRequest()]],
    ['says what nobody knows', [{ type: 'halt' }]],
  ])('leaves a client that %s', async (_, messages) => {
    const agent = await new TestAgent().start();
    const visitor = await agent.visitor();
    visitor.say(...messages);
    await visitor.isLeftAlone();
    expect(agent.begun).toEqual([]);
  });

  it.each([
    ['garbage', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a length of 4 GiB', Buffer.from('ENI\x01\xff\xff\xff\xff', 'latin1')],
  ])('leaves a client that sends %s', async (_, bytes) => {
    const agent = await new TestAgent().start();
    const visitor = await agent.visitor();
    visitor.socket.write(bytes);
    await visitor.isLeftAlone();
    expect(await agent.ask()).toMatchObject({ kind: 'answered' });
  });

  it('leaves a client that is slow', async () => {
    const agent = await new TestAgent().start({ slow: 100 });
    const visitor = await agent.visitor();
    const bytes = encode(sampleRequest());
    const started = performance.now();
    for (let at = 0; !visitor.isLeft && performance.now() - started < 5_000; at += 1) {
      visitor.socket.write(bytes.subarray(at, at + 1));
      await sleep(10);
    }
    expect(visitor.isLeft).toBe(true);
    expect(agent.begun).toEqual([]);
  });

  it('has a bounded number of clients: of 500 at once the others do their work themselves', async () => {
    const agent = await new TestAgent().start({ clients: 100 });
    let atOnce = 0;
    let most = 0;
    agent.perform = async ({ stdin }) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await sleep(300);
      atOnce -= 1;
      return { stdout: stdin, stderr: '', exitCode: 0 };
    };
    const outcomes = await Promise.all(
      Array.from({ length: 500 }, (_, index) => agent.ask(sampleRequest({ stdin: `${index}` }))),
    );
    expect(most).toBeLessThanOrEqual(100);
    const answered = outcomes.flatMap((outcome, index) =>
      outcome.kind === 'answered' ? [[outcome.answer.stdout, `${index}`]] : [],
    );
    expect(answered.length).toBeGreaterThanOrEqual(100);
    // Each has its own answer.
    for (const [got, wanted] of answered) expect(got).toBe(wanted);
    expect(await agent.ask()).toMatchObject({ kind: 'answered' });
  });

  it('takes the place of one that was killed, whose socket is still there', async () => {
    const first = await new TestAgent().start();
    const second = new TestAgent();
    Object.assign(second, { path: first.path });
    await second.start();
    expect(await second.ask()).toMatchObject({ kind: 'answered' });
    expect([first.begun.length, second.begun.length]).toEqual([0, 1]);
  });

  it('that stops is not there any more for the next, and ends what it has begun', async () => {
    const agent = await new TestAgent().start();
    let finish = (): void => undefined;
    agent.perform = () =>
      new Promise((resolve) => {
        finish = () => resolve({ stdout: 'whole', stderr: '', exitCode: 0 });
      });
    const begun = agent.ask();
    await eventually('that it has begun', () => agent.begun.length === 1);
    const visitor = await agent.visitor();
    visitor.say(sampleRequest());
    await visitor.hears('accepted');
    servers[0]?.stop();
    await visitor.isLeftAlone();
    expect(await agent.ask()).toEqual({ kind: 'unanswered' });
    finish();
    expect(await begun).toMatchObject({ kind: 'answered', answer: { stdout: 'whole' } });
  });
});
