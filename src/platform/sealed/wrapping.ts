import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { DataKey, KeyName, MasterKey } from '../../images/keyring.ts';

const CIPHER = 'aes-256-gcm';
const NONCE = 12;
const TAG = 16;

/**
 * A data key, encrypted by a master key: 12 bytes of random nonce, the key by AES-256-GCM, 16 bytes of tag. The name of
 * the data key and the id of the master key are authenticated with it: a wrapped key is of no use in another's place.
 * A master key wraps far fewer keys than the 2^32 up to which random nonces are safe (NIST SP 800-38D, 8.3).
 */
export function wrap(master: MasterKey, name: KeyName, dataKey: DataKey): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv(CIPHER, master.key, nonce, { authTagLength: TAG });
  cipher.setAAD(boundTo(master, name));
  return Buffer.concat([nonce, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]);
}

/** Undefined where this master key did not wrap it for this name. */
export function unwrap(master: MasterKey, name: KeyName, wrapped: Uint8Array): DataKey | undefined {
  if (wrapped.length !== NONCE + 32 + TAG) return undefined;
  const decipher = createDecipheriv(CIPHER, master.key, wrapped.subarray(0, NONCE), { authTagLength: TAG });
  decipher.setAAD(boundTo(master, name));
  decipher.setAuthTag(wrapped.subarray(wrapped.length - TAG));
  const dataKey = decipher.update(wrapped.subarray(NONCE, wrapped.length - TAG));
  try {
    decipher.final();
    return dataKey;
  } catch {
    return undefined;
  }
}

function boundTo({ id }: MasterKey, name: KeyName): Buffer {
  return Buffer.from(`darkroom data key\n${id}\n${name}`);
}
