import type { Leases } from '../../duties/leases.ts';
import { integer, text } from './columns.ts';
import type { Database } from './database.ts';

/** @param monotonic milliseconds of a clock that never jumps and that all processes of this machine share */
export function createLeases(database: Database, monotonic: () => number): Leases {
  return {
    async take(name, holder, forMs) {
      return database.write(() => {
        const row = database.get('SELECT holder, until FROM leases WHERE name = ?', name);
        const now = Math.floor(monotonic());
        const until = row === undefined ? 0 : integer(row, 'until');
        const isFree = row === undefined || text(row, 'holder') === holder;
        // One from before the machine was started anew reaches further than any lease does.
        if (!isFree && until > now && until <= now + forMs) return false;
        database.run('INSERT OR REPLACE INTO leases VALUES (?, ?, ?)', name, holder, Math.ceil(now + forMs));
        return true;
      });
    },

    async giveBack(name, holder) {
      database.run('DELETE FROM leases WHERE name = ? AND holder = ?', name, holder);
    },
  };
}
