import { text } from './columns.ts';
import type { Database } from './database.ts';

/** Problems named at most. */
const MOST = 20;

/**
 * Looks through the whole database: sentences about what is wrong, `[]` is sound. Takes about a second for each
 * gigabyte, and nothing else in this process goes on meanwhile.
 */
export function findDamage(database: Database): string[] {
  const pages = database
    .all(`PRAGMA integrity_check(${MOST})`)
    .map((row) => text(row, 'integrity_check'))
    .filter((line) => line !== 'ok');
  const references = database
    .all('PRAGMA foreign_key_check')
    .slice(0, MOST)
    .map((row) => `a row of ${text(row, 'table')} refers to a missing row of ${text(row, 'parent')}`);
  return [...pages, ...references];
}
