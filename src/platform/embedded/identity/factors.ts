import { createHash, randomBytes } from 'node:crypto';
import { base32, newTotpSecret, stepOfCode } from '../../../identity/totp.ts';
import type { Clock } from '../../../images/clock.ts';
import { text } from '../columns.ts';
import type { Database } from '../database.ts';
import type { Seal } from './seal.ts';

/** Authenticators and recovery codes. All calls are synchronous. */
export interface Factors {
  isOn(userId: string): boolean;
  /** A new secret, in place of one that was never confirmed. */
  begin(userId: string): Uint8Array;
  isBegun(userId: string): boolean;
  /** Turns the second factor on by a first code; undefined where the code does not fit. */
  confirm(userId: string, code: string): readonly string[] | undefined;
  /** New recovery codes in place of all that are left. */
  renew(userId: string): readonly string[];
  /** Takes a code of the authenticator or a recovery code, each once. */
  accept(userId: string, code: string): boolean;
  remove(userId: string): void;
}

const RECOVERY_CODES = 10;

export function createFactors(database: Database, clock: Clock, seal: Seal): Factors {
  function stored(userId: string): { secret: Uint8Array; isConfirmed: boolean } | undefined {
    const row = database.get('SELECT secret, confirmed_at FROM totp_factors WHERE user_id = ?', userId);
    return row && { secret: seal.open(text(row, 'secret'), userId), isConfirmed: row.confirmed_at !== null };
  }

  /** One statement compares and notes the step: of two who send the same code at once, one is let in. */
  function acceptTotp(userId: string, code: string): boolean {
    const factor = stored(userId);
    const step = factor && stepOfCode(factor.secret, code, clock.now());
    if (step === undefined) return false;
    const sql = 'UPDATE totp_factors SET last_step = ? WHERE user_id = ? AND last_step < ?';
    return database.run(sql, step, userId, step) === 1;
  }

  function acceptRecoveryCode(userId: string, code: string): boolean {
    const sql = 'DELETE FROM recovery_codes WHERE user_id = ? AND code_hash = ?';
    return database.run(sql, userId, hashRecoveryCode(userId, code)) === 1;
  }

  /** In place of those that are left; inside a transaction. */
  function newCodes(userId: string): readonly string[] {
    database.run('DELETE FROM recovery_codes WHERE user_id = ?', userId);
    const codes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode);
    for (const made of codes) {
      database.run('INSERT INTO recovery_codes VALUES (?, ?)', userId, hashRecoveryCode(userId, made));
    }
    return codes;
  }

  return {
    isOn: (userId) => stored(userId)?.isConfirmed === true,
    isBegun: (userId) => stored(userId) !== undefined,

    begin(userId) {
      const secret = newTotpSecret();
      database.run(
        `INSERT INTO totp_factors (user_id, secret) VALUES (?, ?)
         ON CONFLICT DO UPDATE SET secret = excluded.secret WHERE confirmed_at IS NULL`,
        ...[userId, seal.close(secret, userId)],
      );
      return secret;
    },

    confirm(userId, code) {
      return database.write(() => {
        if (!acceptTotp(userId, code)) return undefined;
        database.run('UPDATE totp_factors SET confirmed_at = ? WHERE user_id = ?', clock.now(), userId);
        return newCodes(userId);
      });
    },

    renew: (userId) => database.write(() => newCodes(userId)),

    accept: (userId, code) =>
      /^\d{6}$/.test(code) ? acceptTotp(userId, code) : acceptRecoveryCode(userId, code),

    remove(userId) {
      database.run('DELETE FROM totp_factors WHERE user_id = ?', userId);
    },
  };
}

/** 80 random bits, `ABCD-EFGH-IJKL-MNOP`. */
function newRecoveryCode(): string {
  return (base32(randomBytes(10)).match(/.{4}/g) ?? []).join('-');
}

/** However it was typed. Codes are random and long: a fast hash is enough. */
function hashRecoveryCode(userId: string, code: string): string {
  const plain = code.toUpperCase().replace(/[^A-Z2-7]/g, '');
  return createHash('sha256').update(`${userId}\0${plain}`).digest('hex');
}
