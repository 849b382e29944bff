import { closeSync, openSync, writeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { integer } from './columns.ts';
import { assertSafeSqlite, type Database, openDatabase, SCHEMA_VERSION } from './database.ts';
import { createDisk } from './disk.ts';
import { newFolder } from './testing/data-folder.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await newFolder();
  path = join(folder, 'test.db');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function withDatabase<T>(use: (database: Database) => T, durability: 'full' | 'none' = 'full'): T {
  const database = openDatabase(path, { durability });
  try {
    return use(database);
  } finally {
    database.close();
  }
}

describe('the version of SQLite', () => {
  it.each([
    ['3.51.3', true],
    ['3.53.4', true],
    ['3.100.0', true],
    ['4.0.0', true],
    ['3.51.2', false],
    ['3.52.0', false],
    ['3.9.9', false],
    ['', false],
    [undefined, false],
  ])('%s: %s', (version, safe) => {
    if (safe) expect(() => assertSafeSqlite(version)).not.toThrow();
    else expect(() => assertSafeSqlite(version)).toThrow(/3\.51\.3/);
  });

  it('is safe here', () => assertSafeSqlite(process.versions.sqlite));
});

describe('the settings of a connection', () => {
  it.each([
    { pragma: 'journal_mode', is: 'wal' },
    { pragma: 'synchronous', is: 2 },
    { pragma: 'secure_delete', is: 1 },
    { pragma: 'foreign_keys', is: 1 },
    { pragma: 'user_version', is: SCHEMA_VERSION },
  ])('$pragma is $is', ({ pragma, is }) => {
    expect(withDatabase((database) => database.get(`PRAGMA ${pragma}`)?.[pragma])).toBe(is);
  });

  it('syncs nothing only where durability is given up', () => {
    const synchronous = withDatabase((database) => database.get('PRAGMA synchronous')?.synchronous, 'none');
    expect(synchronous).toBe(0);
  });
});

describe('the schema', () => {
  it('of a newer Darkroom is refused, and left as it is', () => {
    withDatabase(() => {});
    const newer = new DatabaseSync(path);
    newer.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}; CREATE TABLE of_tomorrow (x)`);
    newer.close();
    expect(() => withDatabase(() => {})).toThrow(expect.objectContaining({ code: 'data_folder_newer' }));
    const after = new DatabaseSync(path);
    expect(after.prepare('PRAGMA user_version').get()).toEqual({ user_version: SCHEMA_VERSION + 1 });
    after.close();
  });

  it('is made once: a second opening keeps the data', () => {
    withDatabase((database) => database.run("INSERT INTO secrets VALUES ('a', 'b', 1)"));
    expect(withDatabase((database) => database.get('SELECT value FROM secrets'))).toEqual({ value: 'b' });
  });
});

describe('a transaction', () => {
  const count = (database: Database) => integer(database.get('SELECT count(*) AS n FROM secrets') ?? {}, 'n');
  const add = (database: Database, name: string) =>
    database.run('INSERT INTO secrets VALUES (?, ?, ?)', name, 'value', 1);

  it('leaves nothing of work that throws, and lets the next begin', () => {
    withDatabase((database) => {
      const failing = () =>
        database.write(() => {
          add(database, 'a');
          throw new Error('no');
        });
      expect(failing).toThrow('no');
      expect(count(database)).toBe(0);
      database.write(() => add(database, 'b'));
      expect(count(database)).toBe(1);
    });
  });

  it('says so where another process keeps writing', () => {
    withDatabase((database) => {
      const other = new DatabaseSync(path);
      other.exec('BEGIN IMMEDIATE');
      database.get('PRAGMA busy_timeout = 50');
      const busy = () => database.write(() => add(database, 'a'));
      expect(busy).toThrow(expect.objectContaining({ code: 'storage_unavailable' }));
      other.exec('ROLLBACK');
      other.close();
      database.write(() => add(database, 'a'));
    });
  });
});

describe('failures', () => {
  it('of a full disk are told apart', () => {
    withDatabase((database) => {
      const pages = integer(database.get('PRAGMA page_count') ?? {}, 'page_count');
      database.get(`PRAGMA max_page_count = ${pages}`);
      const filling = () => {
        for (let number = 0; number < 100; number += 1) {
          database.run('INSERT INTO secrets VALUES (?, ?, 1)', `${number}`, 'x'.repeat(4_000));
        }
      };
      expect(filling).toThrow(expect.objectContaining({ code: 'storage_full' }));
    });
  });

  it('of a damaged file end all writing', () => {
    const page = withDatabase((database) =>
      integer(database.get("SELECT rootpage FROM sqlite_schema WHERE name = 'secrets'") ?? {}, 'rootpage'),
    );
    writeOver(path, (page - 1) * 4096, Buffer.alloc(4096, 0xa5));
    const disk = createDisk(folder, 'full');
    const database = openDatabase(path, { durability: 'full', disk });
    const reading = () => database.all('SELECT * FROM secrets');
    expect(reading).toThrow(expect.objectContaining({ code: 'storage_unavailable' }));
    expect(disk.distrusted).toMatch(/restart/);
    const writing = () => database.run("INSERT INTO status_counts VALUES ('ready', 1)");
    expect(writing).toThrow(expect.objectContaining({ code: 'storage_unavailable' }));
    expect(database.all('SELECT * FROM status_counts')).toEqual([]);
    database.close();
  });
});

it('empties its log when asked to, unless somebody reads', () => {
  withDatabase((database) => {
    database.run("INSERT INTO secrets VALUES ('a', 'b', 1)");
    const reader = new DatabaseSync(path);
    reader.exec('BEGIN; SELECT * FROM secrets');
    database.run("DELETE FROM secrets WHERE name = 'a'");
    expect(database.checkpoint()).toBe(false);
    reader.close();
    expect(database.checkpoint()).toBe(true);
  });
});

function writeOver(file: string, position: number, bytes: Buffer): void {
  const handle = openSync(file, 'r+');
  writeSync(handle, bytes, 0, bytes.length, position);
  closeSync(handle);
}
