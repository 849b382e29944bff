import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { KeyName } from '../../../images/keyring.ts';
import { integer, text } from '../columns.ts';
import { type Database, openDatabase, type Row } from '../database.ts';
import type { Disk, Durability } from '../disk.ts';

/** Wrapped data keys, and which ones were destroyed, in a SQLite file of their own. */
export interface KeyringFile {
  readonly path: string;
  /** tells keyrings apart; a mirror and a backup have that of their keyring */
  readonly id: string;
  readonly database: Database;
  find(name: KeyName): WrappedKey | undefined;
  isDestroyed(name: KeyName): boolean;
  /** In one transaction with what else is written. */
  set(name: KeyName, key: WrappedKey): void;
  /** Replaces a key that is still there. */
  rewrap(name: KeyName, key: WrappedKey): void;
  destroy(name: KeyName, at: number): void;
  /** Keys after a name, in the order of their names. */
  page(after: KeyName, limit: number): { name: KeyName; key: WrappedKey }[];
  /** Any key that a master key wrapped. */
  sample(master: string): { name: KeyName; key: WrappedKey } | undefined;
  /** How many keys each master key wraps, by its id. */
  counts(): { readonly keys: Readonly<Record<string, number>>; readonly destroyed: number };
}

export interface WrappedKey {
  /** id of the master key */
  readonly master: string;
  readonly wrapped: Uint8Array;
}

const NAME = 'keyring.db';
const SCHEMA = [
  `
  CREATE TABLE facts (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE data_keys (
    name    BLOB PRIMARY KEY,
    master  TEXT NOT NULL,
    wrapped BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  -- Never forgotten: a copy that lags behind must not bring a key back.
  CREATE TABLE destroyed (
    name BLOB PRIMARY KEY,
    at   INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];

export function keyringPath(folder: string): string {
  return join(folder, NAME);
}

export interface OpenFileOptions {
  readonly durability: Durability;
  readonly disk?: Pick<Disk, 'distrust' | 'distrusted'>;
  /** the id of a file that is made now; a new one unless given */
  readonly id?: string;
}

/** Opens the file of a folder, which is made where it is missing. */
export function openKeyringFile(folder: string, { id, ...options }: OpenFileOptions): KeyringFile {
  const path = keyringPath(folder);
  const database = openDatabase(path, { ...options, schema: SCHEMA });
  try {
    database.run("INSERT INTO facts VALUES ('id', ?) ON CONFLICT DO NOTHING", id ?? randomUUID());
    return createFile(path, database);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The id of the keyring in a folder, without changing anything; undefined where there is none. */
export function keyringIdIn(folder: string): string | undefined {
  const path = keyringPath(folder);
  if (!existsSync(path)) return undefined;
  const connection = new DatabaseSync(path, { timeout: 2_000 });
  try {
    const row = connection.prepare("SELECT value FROM facts WHERE name = 'id'").get();
    return row && text(row, 'value');
  } catch {
    // It was being made when a crash came: nothing is in it yet.
    return undefined;
  } finally {
    connection.close();
  }
}

function createFile(path: string, database: Database): KeyringFile {
  const id = text(database.get("SELECT value FROM facts WHERE name = 'id'") ?? {}, 'value');
  return {
    path,
    id,
    database,

    find(name) {
      const row = database.get('SELECT master, wrapped FROM data_keys WHERE name = ?', blobOf(name));
      return row && keyFrom(row);
    },

    isDestroyed: (name) =>
      database.get('SELECT at FROM destroyed WHERE name = ?', blobOf(name)) !== undefined,

    set(name, { master, wrapped }) {
      database.run('INSERT OR REPLACE INTO data_keys VALUES (?, ?, ?)', blobOf(name), master, wrapped);
    },

    rewrap(name, { master, wrapped }) {
      const change = 'UPDATE data_keys SET master = ?, wrapped = ? WHERE name = ?';
      database.run(change, master, wrapped, blobOf(name));
    },

    destroy(name, at) {
      database.run('DELETE FROM data_keys WHERE name = ?', blobOf(name));
      database.run('INSERT INTO destroyed VALUES (?, ?) ON CONFLICT DO NOTHING', blobOf(name), at);
    },

    page: (after, limit) =>
      database
        .all('SELECT * FROM data_keys WHERE name > ? ORDER BY name LIMIT ?', blobOf(after), limit)
        .map((row) => ({ name: nameFrom(row), key: keyFrom(row) })),

    sample(master) {
      const row = database.get('SELECT * FROM data_keys WHERE master = ? LIMIT 1', master);
      return row && { name: nameFrom(row), key: keyFrom(row) };
    },

    counts() {
      const rows = database.all('SELECT master, count(*) AS keys FROM data_keys GROUP BY master');
      const destroyed = database.get('SELECT count(*) AS keys FROM destroyed') ?? {};
      return {
        keys: Object.fromEntries(rows.map((row) => [text(row, 'master'), integer(row, 'keys')])),
        destroyed: integer(destroyed, 'keys'),
      };
    },
  };
}

function blobOf(name: KeyName): Buffer {
  return Buffer.from(name, 'hex');
}

function nameFrom(row: Row): KeyName {
  return bytes(row, 'name').toString('hex');
}

function keyFrom(row: Row): WrappedKey {
  return { master: text(row, 'master'), wrapped: bytes(row, 'wrapped') };
}

function bytes(row: Row, column: string): Buffer {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw new Error(`column ${column} holds ${typeof value}, not bytes`);
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
