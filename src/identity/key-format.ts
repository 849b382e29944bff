import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * What an API key looks like: `dr_live_`, then 12 characters that name it, 43 that prove it (256 random bits), and 6 of a
 * CRC-32 over all before them. Scanners for leaked secrets find the prefix and, by the checksum, tell a key from a text
 * that only looks like one; so does the server, without a look into the database.
 */
const KEY_PREFIX = 'dr_live_';
/** For scanners; whoever matches still checks the checksum. */
export const KEY_PATTERN = /^dr_live_([0-9A-Za-z]{12})[0-9A-Za-z]{43}[0-9A-Za-z]{6}$/;

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 12;
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;

export interface MadeKey {
  /** shown once, kept nowhere */
  readonly key: string;
  readonly keyId: string;
  readonly hash: string;
}

export function makeKey(): MadeKey {
  const keyId = randomText(ID_LENGTH);
  const body = KEY_PREFIX + keyId + randomText(SECRET_LENGTH);
  const key = body + checksum(body);
  return { key, keyId, hash: hashKey(key) };
}

/** The id in a key; undefined for what was never a key of ours, a key with a typo included. */
export function keyIdIn(key: string): string | undefined {
  const [, keyId] = KEY_PATTERN.exec(key) ?? [];
  const body = key.slice(0, -CHECKSUM_LENGTH);
  return keyId !== undefined && key.endsWith(checksum(body)) ? keyId : undefined;
}

/** As much of a key as may be shown, for people to tell their keys apart. */
export function shownKey(keyId: string): string {
  return `${KEY_PREFIX}${keyId}…`;
}

/**
 * Lower-case hex SHA-256: all that is kept of a key. A slow hash would protect nothing: it is there to make guesses dear
 * where secrets are guessable, as passwords are, and nobody guesses 256 random bits; it would cost every request instead.
 */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

function checksum(body: string): string {
  let rest = crc32(body);
  let digits = '';
  for (let place = 0; place < CHECKSUM_LENGTH; place += 1) {
    digits = ALPHABET.charAt(rest % ALPHABET.length) + digits;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return digits;
}

function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('');
}
