import type { Clock } from '../../images/clock.ts';
import type { Secrets } from '../platform.ts';
import { text } from './columns.ts';
import type { Database } from './database.ts';

export function createSecrets(database: Database, clock: Clock): Secrets {
  return {
    async getOrCreate(name, make) {
      return database.write(() => {
        const row = database.get('SELECT value FROM secrets WHERE name = ?', name);
        if (row !== undefined) return { value: text(row, 'value'), created: false };
        const value = make();
        database.run('INSERT INTO secrets VALUES (?, ?, ?)', name, value, clock.now());
        return { value, created: true };
      });
    },
  };
}
