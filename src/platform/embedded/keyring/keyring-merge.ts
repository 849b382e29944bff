import type { KeyringFile } from './keyring-file.ts';

/**
 * Makes two files of one keyring agree: a key that either knows as destroyed is destroyed in both, and goes before
 * anything is taken over. What is missing in one comes from the other; where they differ, the first one is right.
 */
export function mergeKeyrings(first: KeyringFile, other: KeyringFile): void {
  takeFrom(first, other, 'OR IGNORE');
  takeFrom(other, first, 'OR REPLACE');
  for (const { database } of [first, other]) database.checkpoint();
}

/** Set by set: a million keys take a second, one by one they would take minutes. */
function takeFrom({ database }: KeyringFile, other: KeyringFile, onConflict: string): void {
  database.run('ATTACH DATABASE ? AS other', other.path);
  try {
    database.write(() => {
      database.run('INSERT OR IGNORE INTO main.destroyed SELECT * FROM other.destroyed');
      database.run('DELETE FROM main.data_keys WHERE name IN (SELECT name FROM main.destroyed)');
      database.run(
        `INSERT ${onConflict} INTO main.data_keys
           SELECT theirs.* FROM other.data_keys theirs LEFT JOIN main.data_keys ours ON ours.name = theirs.name
           WHERE ours.wrapped IS NOT theirs.wrapped AND theirs.name NOT IN (SELECT name FROM main.destroyed)`,
      );
    });
  } finally {
    database.run('DETACH DATABASE other');
  }
}
