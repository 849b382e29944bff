import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { Failure } from '../../failures.ts';
import { integer } from './columns.ts';
import { assertTrusted, type Disk, type Durability } from './disk.ts';
import { migrations } from './migrations.ts';
import { isLoss, sqliteFailure } from './sqlite-failures.ts';

/** One SQLite file, with statements that are prepared once. All calls are synchronous: keep them short. */
export interface Database {
  all(sql: string, ...values: SQLInputValue[]): Row[];
  get(sql: string, ...values: SQLInputValue[]): Row | undefined;
  /** Answers how many rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number;
  /** All of `work` or nothing, durable when it answers. Not nested. */
  write<T>(work: () => T): T;
  /**
   * The writes of `work`, for which the disk is not waited: a power cut may undo them, but only the newest and all that
   * come after them (the log is one sequence), and a `kill -9` undoes none. For notes that are harmless to lose: that
   * an event was handed on, who holds a message, that a message is done.
   */
  unhurried<T>(work: () => T): T;
  /** Moves the log into the database and empties it, so that no deleted bytes stay there; false where readers forbid. */
  checkpoint(): boolean;
  close(): void;
}

export type Row = Record<string, SQLOutputValue>;

export interface DatabaseOptions {
  readonly durability: Durability;
  /** told when the disk fails under the database; once it is not trusted, nothing is written any more */
  readonly disk?: Pick<Disk, 'distrust' | 'distrusted'>;
  /** the steps of its schema, where it is not the database of images */
  readonly schema?: readonly string[];
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
    migrate(connection, options.schema ?? migrations);
  } catch (error) {
    connection.close();
    throw sqliteFailure(error);
  }
  return createDatabase(connection, options);
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
export function assertKnownSchema(found: number, known: number = SCHEMA_VERSION): void {
  if (found <= known) return;
  throw new Failure(
    'data_folder_newer',
    `The data has schema ${found}, this Darkroom knows ${known}. Start the newer Darkroom that wrote it, or restore a backup.`,
  );
}

function migrate(connection: DatabaseSync, steps: readonly string[]): void {
  if (schemaVersion(connection) === steps.length) return;
  connection.exec('BEGIN IMMEDIATE');
  try {
    const found = schemaVersion(connection);
    assertKnownSchema(found, steps.length);
    for (const step of steps.slice(found)) connection.exec(step);
    connection.exec(`PRAGMA user_version = ${steps.length}; COMMIT`);
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

function createDatabase(connection: DatabaseSync, { disk, durability }: DatabaseOptions): Database {
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
      if (isLoss(error)) disk?.distrust(error);
      throw sqliteFailure(error);
    }
  }

  function run(sql: string, ...values: SQLInputValue[]): number {
    assertTrusted(disk?.distrusted);
    return guarded(() => Number(statement(sql).run(...values).changes));
  }

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
    unhurried(work) {
      if (durability !== 'full') return work();
      // In WAL mode NORMAL leaves out only the sync at the end of a commit (https://sqlite.org/pragma.html#pragma_synchronous).
      connection.exec('PRAGMA synchronous = NORMAL');
      try {
        return work();
      } finally {
        connection.exec('PRAGMA synchronous = FULL');
      }
    },
    checkpoint() {
      // Readers in another process must not hold up everybody here: whoever asked asks again later.
      connection.exec('PRAGMA busy_timeout = 0');
      try {
        return guarded(() => statement('PRAGMA wal_checkpoint(TRUNCATE)').get())?.busy === 0;
      } finally {
        connection.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
      }
    },
    close() {
      statements.clear();
      if (connection.isOpen) connection.close();
    },
  };
}
