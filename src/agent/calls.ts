/** The calls of clients, carried out as the plugin itself would: the same code, with environment, input and output as values. */
import { type Build, isSameBuild } from '../build.js';
import { answerCall } from '../cni/plugin.js';
import type { Kept } from '../compose/context.js';
import { createLog } from '../log.js';
import type { Observe } from '../model/observation.js';
import { DONE, type Judgment, observed } from './observe.js';
import { areOurs } from './places.js';
import type { AgentAnswer, AgentRequest, Refusal } from './protocol.js';

interface CallsSettings {
  readonly own: Build;
  readonly kept: Kept;
  readonly clock: () => Date;
  readonly observe: Observe;
}

/** The calls that are under way. */
export interface Calls {
  judge(request: AgentRequest): Refusal | undefined;
  perform(request: AgentRequest, signal: AbortSignal): Promise<AgentAnswer>;
  /** Takes no more. */
  close(): void;
  /** Has every ADD end between two steps, and undo what it did. */
  hurry(): void;
  /** How many are under way. */
  count(): number;
  /** When none is under way. */
  idle(): Promise<void>;
}

export function createCalls({ own, kept, clock, observe }: CallsSettings): Calls {
  const underWay = new Set<Promise<unknown>>();
  const haste = new AbortController();
  let isClosed = false;

  const carryOut = async ({ env, stdin, program }: AgentRequest, signal: AbortSignal): Promise<AgentAnswer> => {
    const lines: string[] = [];
    const answer = await answerCall({
      ...{ env, stdin: { text: stdin }, program, kept },
      interruption: () => AbortSignal.any([signal, haste.signal]),
      openLog: ({ logFile, logLevel }) =>
        createLog({ file: logFile, level: logLevel, clock, stderr: (text) => void lines.push(text) }),
    });
    return { ...answer, stderr: lines.join('') };
  };

  return {
    judge(request) {
      if (isClosed) return 'stopping';
      if (!isSameBuild(request, own)) return 'build';
      return areOurs(request.places) ? undefined : 'places';
    },

    async perform(request, signal) {
      const call = observed(
        observe,
        request.env.CNI_COMMAND ?? '',
        () => carryOut(request, signal),
        (answer) => (signal.aborted ? { outcome: 'abandoned', code: null } : judge(answer)),
      );
      underWay.add(call);
      try {
        return await call;
      } finally {
        underWay.delete(call);
      }
    },

    close() {
      isClosed = true;
    },
    hurry: () => haste.abort(),
    count: () => underWay.size,
    async idle() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

function judge({ exitCode, stdout }: AgentAnswer): Judgment {
  if (exitCode === 0) return DONE;
  return { outcome: 'failed', code: (JSON.parse(stdout) as { readonly code: number }).code };
}
