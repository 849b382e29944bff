import { createHash } from 'node:crypto';
import { utimesSync } from 'node:fs';
import { readFile, unlink } from 'node:fs/promises';
import type { ByteSpan } from '../../delivery/derivative.ts';
import type { Keyring } from '../../images/keyring.ts';
import type { ObjectBody } from '../../images/object-store.ts';
import { sealFile } from '../sealed/seal-file.ts';
import { createSealedReading } from '../sealed/sealed-reading.ts';
import { unsealWhole } from '../sealed/unseal.ts';
import { openObject } from './object-body.ts';

/** A file of the cache that is sealed with the key of its image, under its own name. */
export interface SealedDerivative {
  readonly path: string;
  /** 32 hex digits of the image: the name of its key */
  readonly image: string;
  readonly name: string;
}

/** Seals a finished file; answers where the sealed one is. The other one is gone. */
export async function sealDerivative(
  keyring: Keyring,
  { path, image, name }: SealedDerivative,
  usedAt: number,
): Promise<string> {
  const sealed = `${path}.sealed`;
  await sealFile(path, sealed, await keyring.create(image), name);
  const time = new Date(usedAt);
  utimesSync(sealed, time, time);
  await unlink(path);
  return sealed;
}

/** The whole file. @throws Failure `object_damaged`, `key_destroyed`, `key_unavailable` */
export async function openDerivative(
  keyring: Keyring,
  { path, image, name }: SealedDerivative,
): Promise<Buffer> {
  const sealed = await readFile(path);
  return unsealWhole(sealed, await keyring.open(image), name);
}

/** @throws Failure as {@link openDerivative}, `object_not_found`, `range_not_satisfiable` */
export function readDerivative(
  keyring: Keyring,
  { path, image, name }: SealedDerivative,
  range?: ByteSpan,
): Promise<ObjectBody> {
  const reading = createSealedReading({
    store: { read: (_, options = {}) => openObject(path, name, options) },
    keyring,
    acceptsUnsealed: () => false,
    keyNameFor: () => image,
  });
  return reading.read(name, range ? { range } : {});
}

/** The SHA-256 of the first bytes of a file, and what is behind them. */
export async function digestAndRest(
  body: ObjectBody,
  bytes: number,
): Promise<{ sha256: string; rest: Buffer }> {
  const digest = createHash('sha256');
  const rest: Uint8Array[] = [];
  let left = bytes;
  for await (const piece of body.stream) {
    digest.update(piece.subarray(0, left));
    if (piece.length > left) rest.push(piece.subarray(left));
    left = Math.max(0, left - piece.length);
  }
  return { sha256: digest.digest('hex'), rest: Buffer.concat(rest) };
}
