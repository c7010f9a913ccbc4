/**
 * The program that a kubeconfig has say who we are (`exec`, client.authentication.k8s.io). What it said holds until its end; whatever
 * goes wrong with it is its fault, not the server's, and it never outlasts the request that it was started for. Not started by exec.ts,
 * whose errors are those of another bundle.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { failure, unidentified } from './failure.js';

/** As the kubeconfig has it. */
export interface ProgramOfUser {
  readonly apiVersion?: string;
  readonly command?: string;
  readonly args?: readonly string[] | null;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null;
  readonly installHint?: string;
}

/** What it says; PEM and a token. */
export interface Credential {
  readonly token?: string;
  readonly clientCertificateData?: string;
  readonly clientKeyData?: string;
  readonly expirationTimestamp?: string;
}

/** Asks it, for so many milliseconds at most. */
export type AskProgram = (timeout: number, signal?: AbortSignal) => Promise<Credential>;

interface Ending {
  /** Its exit code, or the signal. */
  readonly by: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Lines of what it said before it failed. */
const SAID_LINES = 5;

/** What a credential may take, in characters; whoever prints more than that prints without an end. */
const LONGEST = 1 << 20;

export function createProgram(program: ProgramOfUser): AskProgram {
  let known: Credential | undefined;
  return async (timeout, signal) => {
    if (known === undefined || hasEnded(known)) known = credentialOf(program, await run(program, timeout, signal));
    return known;
  };
}

function hasEnded({ expirationTimestamp }: Credential): boolean {
  return expirationTimestamp !== undefined && !(Date.parse(expirationTimestamp) > Date.now());
}

function run(program: ProgramOfUser, timeout: number, signal?: AbortSignal): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const output = { stdout: '', stderr: '' };
    let child: ChildProcess | undefined;
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      settle();
    };
    const give = (thrown: unknown): void => {
      if (child !== undefined) killAll(child);
      end(() => reject(thrown));
    };
    const abort = (): void => give(failure('ABORT_ERR'));
    const late = (): void => give(fault(program, `gave no answer within ${timeout / 1_000} s, and was killed`, output));
    const timer = setTimeout(late, timeout);
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      child = start(program);
    } catch (thrown) {
      return end(() => reject(notStarted(program, thrown)));
    }
    for (const name of ['stdout', 'stderr'] as const)
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
        if (output[name].length > LONGEST)
          give(fault(program, 'prints without an end, and was killed', { stderr: '' }));
      });
    child.on('error', (thrown) => end(() => reject(notStarted(program, thrown))));
    child.on('close', (code, by) => end(() => resolve({ by: code ?? by ?? '', ...output })));
  });
}

/** In a process group of its own, so that what it has started ends with it. */
function start({ apiVersion, command = '', args, env }: ProgramOfUser): ChildProcess {
  const info = { apiVersion, kind: 'ExecCredential', spec: { interactive: false } };
  const more = Object.fromEntries((env ?? []).map(({ name, value }) => [name, value]));
  return spawn(command, args ?? [], {
    ...{ stdio: ['ignore', 'pipe', 'pipe'], detached: true },
    env: { ...process.env, KUBERNETES_EXEC_INFO: JSON.stringify(info), ...more },
  });
}

function killAll(child: ChildProcess): void {
  child.stdout?.destroy();
  child.stderr?.destroy();
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function credentialOf(program: ProgramOfUser, ending: Ending): Credential {
  if (ending.by !== 0) {
    const how = typeof ending.by === 'number' ? `exit code ${ending.by}` : ending.by;
    throw fault(program, `failed (${how})`, ending);
  }
  const credential = statusIn(ending.stdout);
  const { token, clientCertificateData, clientKeyData } = credential ?? {};
  if (credential === undefined || !(token || (clientCertificateData && clientKeyData)))
    throw fault(program, 'answered with neither a token nor a certificate and its key', ending);
  return credential;
}

function statusIn(text: string): Credential | undefined {
  try {
    return (JSON.parse(text) as { readonly status?: Credential } | null)?.status;
  } catch {
    return undefined;
  }
}

function fault({ command }: ProgramOfUser, what: string, { stderr }: Pick<Ending, 'stderr'>): Error {
  const said = stderr.trim().split('\n').slice(-SAID_LINES);
  return unidentified(`The program "${command}", which the kubeconfig has say who we are, ${what}.`, {
    details: said.filter((line) => line !== '').map((line) => `It says: ${line}`),
    hint: 'run it as this user, as users[].user.exec of the kubeconfig has it, and see that it prints an ExecCredential',
  });
}

function notStarted({ command, installHint }: ProgramOfUser, thrown: unknown): Error {
  const { code } = thrown as NodeJS.ErrnoException;
  const [install] = installHint?.trim().split('\n') ?? [];
  return unidentified(
    `The program "${command}", which the kubeconfig has say who we are, cannot be started: ${code === 'ENOENT' ? 'it is not there' : (code ?? String(thrown))}.`,
    {
      details: install ? [`The kubeconfig says: ${install}`] : [],
      hint: 'install it on this node, and name its whole path in users[].user.exec.command: the runtime may have another PATH',
    },
  );
}
