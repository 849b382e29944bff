import type { Leases } from '../../duties/leases.ts';

/**
 * In memory: a data folder has one server at a time, which has locked it. So a server that follows one that has died
 * waits for nobody.
 *
 * @param monotonic milliseconds of a clock that never jumps
 */
export function createLeases(monotonic: () => number): Leases {
  const taken = new Map<string, { readonly holder: string; readonly until: number }>();
  return {
    async take(name, holder, forMs) {
      const lease = taken.get(name);
      const now = monotonic();
      if (lease && lease.holder !== holder && lease.until > now) return false;
      taken.set(name, { holder, until: now + forMs });
      return true;
    },

    async giveBack(name, holder) {
      if (taken.get(name)?.holder === holder) taken.delete(name);
    },
  };
}
