import { Failure } from '../../failures.ts';

/** SQLite's primary result codes that are the machine's doing: https://sqlite.org/rescode.html */
const MACHINE = {
  BUSY: 5,
  LOCKED: 6,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
} as const;
const MACHINE_CODES: ReadonlySet<number> = new Set(Object.values(MACHINE));

/** Extended codes that mean that what was written may not be there: after them nothing may be acknowledged. */
const LOSSES: ReadonlySet<number> = new Set([
  778, // IOERR_WRITE
  1034, // IOERR_FSYNC
  1290, // IOERR_DIR_FSYNC
  1546, // IOERR_TRUNCATE
  8202, // IOERR_DATA
  8458, // IOERR_CORRUPTFS
]);

/** The shared memory could not grow, which is a full disk: https://sqlite.org/rescode.html#ioerr_shmsize */
const IOERR_SHMSIZE = 4874;

/** True where the error says that the disk lost something. */
export function isLoss(error: unknown): boolean {
  const code = extendedCode(error);
  return code !== undefined && (LOSSES.has(code) || primary(code) === MACHINE.CORRUPT);
}

/** True where somebody else holds the lock. */
export function isBusy(error: unknown): boolean {
  const code = extendedCode(error);
  return code !== undefined && primary(code) === MACHINE.BUSY;
}

/** What SQLite threw, as a {@link Failure} where the machine is at fault; anything else is a fault of ours. */
export function sqliteFailure(error: unknown): unknown {
  const code = extendedCode(error);
  if (code === undefined || !MACHINE_CODES.has(primary(code))) return error;
  if (primary(code) === MACHINE.FULL || code === IOERR_SHMSIZE) {
    return new Failure('storage_full', 'The disk is full. Free some space, then try again.', {
      cause: error,
    });
  }
  return new Failure('storage_unavailable', 'The database does not answer. Try again later.', {
    cause: error,
  });
}

function extendedCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | undefined)?.errcode;
  return typeof code === 'number' ? code : undefined;
}

function primary(code: number): number {
  return code & 0xff;
}
