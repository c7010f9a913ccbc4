/** What went through a link since it began, in one direction; a NIC that is moved keeps counting. */
export interface Flow {
  readonly bytes: number;
  readonly packets: number;
  readonly errors: number;
  readonly dropped: number;
}

/** As the kernel counts it, in whichever netns the link is. */
export interface Counters {
  readonly received: Flow;
  readonly sent: Flow;
}
