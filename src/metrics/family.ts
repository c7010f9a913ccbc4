/** Metrics as values, before any library knows of them. */

/** Its labels, by their names. */
export type Labels = Readonly<Record<string, string>>;

/** One number. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** All samples of one name. */
export interface Family {
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  /** A counter only grows; a gauge does what it likes. */
  readonly type: 'counter' | 'gauge';
  readonly labels: readonly string[];
  readonly samples: readonly Sample[];
}
