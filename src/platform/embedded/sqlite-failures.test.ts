import { describe, expect, it } from 'vitest';
import { Failure } from '../../failures.ts';
import { isBusy, isLoss, sqliteFailure } from './sqlite-failures.ts';

describe('what SQLite throws', () => {
  it.each([
    { name: 'FULL', errcode: 13, failure: 'storage_full', loss: false },
    { name: 'IOERR_SHMSIZE', errcode: 4874, failure: 'storage_full', loss: false },
    { name: 'BUSY', errcode: 5, failure: 'storage_unavailable', loss: false },
    { name: 'BUSY_SNAPSHOT', errcode: 517, failure: 'storage_unavailable', loss: false },
    { name: 'READONLY', errcode: 8, failure: 'storage_unavailable', loss: false },
    { name: 'IOERR_READ', errcode: 266, failure: 'storage_unavailable', loss: false },
    { name: 'IOERR_WRITE', errcode: 778, failure: 'storage_unavailable', loss: true },
    { name: 'IOERR_FSYNC', errcode: 1034, failure: 'storage_unavailable', loss: true },
    { name: 'CORRUPT', errcode: 11, failure: 'storage_unavailable', loss: true },
    { name: 'CORRUPT_INDEX', errcode: 779, failure: 'storage_unavailable', loss: true },
  ])('$name is $failure', ({ errcode, failure, loss }) => {
    const error = Object.assign(new Error('from SQLite'), { errcode });
    const result = sqliteFailure(error);
    expect(result).toBeInstanceOf(Failure);
    expect(result).toMatchObject({ code: failure, cause: error });
    expect(isLoss(error)).toBe(loss);
    expect(isBusy(error)).toBe((errcode & 0xff) === 5);
  });

  it.each([
    ['a broken constraint', Object.assign(new Error(), { errcode: 1555 })],
    ['wrong SQL', Object.assign(new Error(), { errcode: 1 })],
    ['something else', new Error('x')],
    ['no error', undefined],
  ])('stays what it is: %s', (_, error) => {
    expect(sqliteFailure(error)).toBe(error);
    expect(isLoss(error)).toBe(false);
  });
});
