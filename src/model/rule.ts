/** A rule of policy routing: which table the kernel looks into for which packets. */

/** A rule in `ip rule`'s words. */
export interface Rule {
  readonly family: 4 | 6;
  /** The lowest is asked first. */
  readonly priority: number;
  /** Network that packets come from, a single address without its length; null means all. */
  readonly from: string | null;
  readonly to: string | null;
  /** A name or a number; null for a rule that looks into none. */
  readonly table: string | null;
  /** Whether it asks more of a packet (a mark, a device, …), asks for the opposite, or does more or less than look into the table. */
  readonly isSpecial: boolean;
}
