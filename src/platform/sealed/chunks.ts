import { createCipheriv, createDecipheriv } from 'node:crypto';
import { damaged, nonceOf, type StreamKey, TAG_BYTES } from './format.ts';

const CIPHER = 'aes-256-gcm';
const TAG = { authTagLength: TAG_BYTES };

/** Where a chunk stands in its stream. */
export interface Place {
  readonly chunk: number;
  readonly isLast: boolean;
}

/** The ciphertext and its tag. */
export function sealChunk(stream: StreamKey, { chunk, isLast }: Place, plain: Uint8Array): Uint8Array[] {
  const cipher = createCipheriv(CIPHER, stream.key, nonceOf(stream, chunk, isLast), TAG);
  const sealed = cipher.update(plain);
  cipher.final();
  return [sealed, cipher.getAuthTag()];
}

/**
 * @param sealed the ciphertext with its tag
 * @param name for the message
 * @throws Failure `object_damaged` where it is not the chunk that was sealed for this place
 */
export function openChunk(stream: StreamKey, { chunk, isLast }: Place, sealed: Buffer, name: string): Buffer {
  if (sealed.length < TAG_BYTES) throw damaged(name);
  const decipher = createDecipheriv(CIPHER, stream.key, nonceOf(stream, chunk, isLast), TAG);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const plain = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
  try {
    decipher.final();
  } catch (error) {
    throw damaged(name, error);
  }
  return plain;
}
