import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { Failure } from '../../failures.ts';
import type { Durability } from './disk.ts';
import { migrations } from './migrations.ts';

/** One SQLite file, with statements that are prepared once. All calls are synchronous: keep them short. */
export interface Database {
  all(sql: string, ...values: SQLInputValue[]): Row[];
  get(sql: string, ...values: SQLInputValue[]): Row | undefined;
  /** Answers how many rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number;
  /** All of `work` or nothing, durable when it answers. Not nested. */
  write<T>(work: () => T): T;
  /** Moves the log into the database and empties it, so that no deleted bytes stay there; false where readers forbid. */
  checkpoint(): boolean;
  close(): void;
}

export type Row = Record<string, SQLOutputValue>;

export interface DatabaseOptions {
  readonly durability: Durability;
  /** called when the disk failed under the database */
  readonly onDiskError?: (error: unknown) => void;
}

/** How long to wait for another process that writes, milliseconds. */
const BUSY_TIMEOUT = 2_000;
const STATEMENTS = 256;

/**
 * Opens or creates the database and brings its schema up to date.
 *
 * @throws Failure `data_folder_newer` where a newer Darkroom wrote it
 */
export function openDatabase(path: string, options: DatabaseOptions): Database {
  assertSafeSqlite(process.versions.sqlite);
  const connection = new DatabaseSync(path, { timeout: BUSY_TIMEOUT, enableForeignKeyConstraints: true });
  try {
    prepareConnection(connection, options.durability);
    migrate(connection);
  } catch (error) {
    connection.close();
    throw databaseFailure(error);
  }
  return createDatabase(connection, options.onDiskError ?? (() => {}));
}

/** How many steps of the schema this Darkroom knows. */
export const SCHEMA_VERSION = migrations.length;

/**
 * SQLite before 3.51.3 can corrupt a database in WAL mode (https://sqlite.org/wal.html#walresetbug), and 3.52.0
 * was withdrawn.
 *
 * @throws Failure `invalid_settings`
 */
export function assertSafeSqlite(version: string | undefined): void {
  const [major = 0, minor = 0, patch = 0] = (version ?? '').split('.').map(Number);
  const number = major * 1_000_000 + minor * 1_000 + patch;
  if (number >= 3_051_003 && number !== 3_052_000) return;
  throw new Failure(
    'invalid_settings',
    `This Node has SQLite ${version ?? 'none'}, which can damage data; 3.51.3 or later is needed. Use Node 24.21 or later.`,
  );
}

function prepareConnection(connection: DatabaseSync, durability: Durability): void {
  connection.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'OFF'};
    PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -8000;
    PRAGMA journal_size_limit = 16777216;
  `);
}

/** The number of schema steps a database file has taken. */
export function schemaVersion(connection: DatabaseSync): number {
  const row = connection.prepare('PRAGMA user_version').get();
  return row === undefined ? 0 : integer(row, 'user_version');
}

/** @throws Failure `data_folder_newer` */
export function assertKnownSchema(found: number): void {
  if (found <= SCHEMA_VERSION) return;
  throw new Failure(
    'data_folder_newer',
    `The data has schema ${found}, this Darkroom knows ${SCHEMA_VERSION}. Start the newer Darkroom that wrote it, or restore a backup.`,
  );
}

function migrate(connection: DatabaseSync): void {
  if (schemaVersion(connection) === SCHEMA_VERSION) return;
  connection.exec('BEGIN IMMEDIATE');
  try {
    const found = schemaVersion(connection);
    assertKnownSchema(found);
    for (const step of migrations.slice(found)) connection.exec(step);
    connection.exec(`PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

function createDatabase(connection: DatabaseSync, onDiskError: (error: unknown) => void): Database {
  const statements = new Map<string, StatementSync>();

  function statement(sql: string): StatementSync {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const made = connection.prepare(sql);
    statements.set(sql, made);
    const oldest = statements.keys().next().value;
    if (statements.size > STATEMENTS && oldest !== undefined) statements.delete(oldest);
    return made;
  }

  function guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (resultCode(error) === SQLITE.IOERR || resultCode(error) === SQLITE.CORRUPT) onDiskError(error);
      throw databaseFailure(error);
    }
  }

  const run = (sql: string, ...values: SQLInputValue[]) =>
    guarded(() => Number(statement(sql).run(...values).changes));

  return {
    all: (sql, ...values) => guarded(() => statement(sql).all(...values)),
    get: (sql, ...values) => guarded(() => statement(sql).get(...values)),
    run,
    write(work) {
      run('BEGIN IMMEDIATE');
      try {
        const result = work();
        run('COMMIT');
        return result;
      } catch (error) {
        if (connection.isTransaction) connection.exec('ROLLBACK');
        throw error;
      }
    },
    checkpoint() {
      // Readers in another process must not hold up everybody here: whoever asked asks again later.
      connection.exec('PRAGMA busy_timeout = 0');
      const answer = guarded(() => statement('PRAGMA wal_checkpoint(TRUNCATE)').get());
      connection.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
      return answer?.busy === 0;
    },
    close() {
      statements.clear();
      if (connection.isOpen) connection.close();
    },
  };
}

/** https://sqlite.org/rescode.html */
const SQLITE = {
  BUSY: 5,
  LOCKED: 6,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
};

/** SQLite's primary result code of what it threw. */
export function resultCode(error: unknown): number | undefined {
  const extended = (error as { errcode?: unknown } | undefined)?.errcode;
  return typeof extended === 'number' ? extended & 0xff : undefined;
}

function databaseFailure(error: unknown): unknown {
  const code = resultCode(error);
  if (code === SQLITE.FULL) {
    return new Failure('storage_full', 'The disk is full. Free some space, then try again.', {
      cause: error,
    });
  }
  if (code === undefined || !Object.values(SQLITE).includes(code)) return error;
  return new Failure('storage_unavailable', 'The database does not answer. Try again later.', {
    cause: error,
  });
}

/** A column that holds text; throws where the row is not what the statement promised. */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new Error(`column ${column} holds ${typeof value}, not text`);
  return value;
}

/** A column that holds a whole number. */
export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new Error(`column ${column} holds ${typeof value}, not a number`);
  return value;
}

export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column);
}

export function optionalInteger(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : integer(row, column);
}
