/** What can be observed of a process at work. Whoever does the work tells of it, and does not care who counts. */

/** A verb of CNI, or a round of something that the agent does by itself, that has ended. */
export interface WorkDone {
  readonly kind: 'work';
  readonly work: string;
  readonly outcome: 'done' | 'failed' | 'abandoned';
  /** CNI's error code, if it failed. */
  readonly code: number | null;
  readonly milliseconds: number;
}

/** One request to an API server, each repetition for itself. */
export interface RequestMade {
  readonly kind: 'request';
  readonly verb: string;
  readonly resource: string;
  /** Of HTTP; null if there was no answer. */
  readonly status: number | null;
  readonly milliseconds: number;
}

/** A lock that was waited for, at least for a moment. */
export interface LockAwaited {
  readonly kind: 'lock';
  /** First word of its name. */
  readonly lock: string;
  /** Whether it was had in the end. */
  readonly isHeld: boolean;
  readonly milliseconds: number;
}

/** Something that became of the watch of a kind of objects of an API server. */
export interface WatchTold {
  readonly kind: 'watch';
  readonly resource: string;
  /** All were listed, a watch was begun, something was told, the watch or the attempt at it ended, nobody wants to know any more. */
  readonly what: 'listed' | 'opened' | 'event' | 'ended' | 'left';
  /** Why all were listed, or why it ended; of an event its type; empty for a beginning. */
  readonly reason: string;
  /** How many objects are kept. */
  readonly objects: number;
  /** Why, in a sentence, where there is more to say. */
  readonly message: string | null;
}

export type Observation = WorkDone | RequestMade | LockAwaited | WatchTold;

export type Observe = (observation: Observation) => void;
