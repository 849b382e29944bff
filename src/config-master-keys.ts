import { hash } from 'node:crypto';
import type { Kind } from './config-kinds.ts';
import type { MasterKey } from './images/keyring.ts';

const ID = /^[A-Za-z0-9_-]{1,32}$/;
const HEX = /^[0-9a-fA-F]{64}$/;
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

/**
 * Keys of 256 bits, `name:key` between commas; a single one needs no name. The name stays with what the key wrapped, so
 * that it must not be given to another key later.
 */
export const masterKeys: Kind<readonly MasterKey[]> = {
  unit: 'secret',
  expects:
    '32 random bytes in base64 or hexadecimal, as "openssl rand -base64 32" makes them; several as name:key,name:key',
  parse(text) {
    const keys = text.split(',').map((part) => readKey(part.trim()));
    const known = keys.filter((key) => key !== undefined);
    const areDistinct = new Set(known.map(({ id }) => id)).size === keys.length;
    return known.length === keys.length && areDistinct ? known : undefined;
  },
  show: () => '(set, not shown)',
};

function readKey(text: string): MasterKey | undefined {
  const colon = text.indexOf(':');
  const key = readBytes(text.slice(colon + 1));
  if (!key) return undefined;
  // A key without a name is known by a digest of itself, which tells nothing about 256 random bits.
  const id = colon < 0 ? hash('sha256', key).slice(0, 8) : text.slice(0, colon);
  return ID.test(id) ? { id, key } : undefined;
}

function readBytes(text: string): Buffer | undefined {
  if (HEX.test(text)) return Buffer.from(text, 'hex');
  // Node's own decoder reads both alphabets of base64.
  return BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
}
