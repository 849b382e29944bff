/**
 * Who does what only one process should do at a time, among any number of processes. A lease runs out by itself: who
 * dies is followed by another. None of it goes by the wall clock.
 *
 * A process that was stopped for longer than its lease may for a moment believe that it still has it. So what is done
 * under a lease is done twice without harm; the lease only keeps it from being done twice all the time.
 */
export interface Leases {
  /**
   * Takes the lease of that name where nobody has it, or the one who has it has not taken it again for `forMs`; or
   * holds it for another `forMs` from now, where it is `holder`'s. To follow somebody who died, ask again and again:
   * his time may be counted from the first question on.
   * @returns whether it is `holder`'s now
   */
  take(name: string, holder: string, forMs: number): Promise<boolean>;

  /** Others may take it at once. No error where it is somebody else's. */
  giveBack(name: string, holder: string): Promise<void>;
}
