import { createHash, hash, randomBytes } from 'node:crypto';
import { fstatSync, futimesSync, readSync } from 'node:fs';
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  stat,
  unlink,
  utimes,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { ByteSpan, DerivativeFacts } from '../../delivery/derivative.ts';
import type { DerivativeOwner } from '../../delivery/derivative-cache.ts';
import { Failure, isFailure } from '../../failures.ts';
import { type Keyring, keyNameOf } from '../../images/keyring.ts';
import type { ObjectBody } from '../../images/object-store.ts';
import { digestAndRest, openDerivative, readDerivative, sealDerivative } from './derivative-sealing.ts';
import { type Disk, isMissing, onDisk } from './disk.ts';
import { openObject } from './object-body.ts';

/**
 * The files of kept derivatives: `{first two digits of the image}/{image}-{key}-{bytes}-{once}`. A file is the picture
 * with its facts behind it, so that it can be moved into its place, and so that what is there can be listed without a
 * look into any file. No name is ever used twice: deleting an old file cannot hit a new one.
 */
export interface FileName {
  /** digits that stand for tenant and image */
  readonly image: string;
  readonly key: string;
  /** bytes of the picture, without its facts */
  readonly size: number;
  /** the file is encrypted */
  readonly isSealed: boolean;
  /** the whole name */
  readonly name: string;
}

const NAME = /^([0-9a-f]{32})-([0-9a-f]{64})-([0-9a-z]{1,8})-[0-9a-f]{8}(-s)?$/;
const SHARD = /^[0-9a-f]{2}$/;
const MOST_FACTS_BYTES = 8192;
const CHUNK = 256 * 1024;

const FactsBehind = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  contentType: z.string(),
  width: z.number().int().positive().exactOptional(),
  height: z.number().int().positive().exactOptional(),
  note: z.string().exactOptional(),
});

/** The name of the image's data key as well. */
export function imageDigits(owner: DerivativeOwner): string {
  return keyNameOf(owner);
}

/** @throws where the key is none: a fault of ours */
export function newFileName(image: string, key: string, size: number, isSealed: boolean): FileName {
  const once = randomBytes(4).toString('hex');
  const name = `${image}-${key}-${size.toString(36)}-${once}${isSealed ? '-s' : ''}`;
  if (!NAME.test(name)) throw new Error(`not a key of a derivative: ${key}`);
  return { image, key, size, isSealed, name };
}

export function readFileName(name: string): FileName | undefined {
  const [, image, key, size, sealed] = NAME.exec(name) ?? [];
  if (image === undefined || key === undefined || size === undefined) return undefined;
  return { image, key, size: Number.parseInt(size, 36), isSealed: sealed !== undefined, name };
}

/** A picture as it was found on disk, whole. */
export interface WholePicture {
  readonly facts: DerivativeFacts;
  /** where it was asked for */
  readonly bytes?: Uint8Array;
}

interface ToPlace {
  readonly facts: DerivativeFacts;
  /** milliseconds */
  readonly usedAt: number;
  readonly withBytes: boolean;
}

export class DerivativeFiles {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #keyring: Keyring | undefined;

  /** @param keyring with which files are encrypted, where they are */
  constructor(folder: string, disk: Disk, keyring?: Keyring) {
    this.#folder = folder;
    this.#disk = disk;
    this.#keyring = keyring;
  }

  newName(image: string, key: string, size: number): FileName {
    return newFileName(image, key, size, this.#keyring !== undefined);
  }

  /**
   * Everything that is there, by name alone, folder by folder; what has no name of ours is deleted, and so is what is
   * from days when encryption was not as it is now.
   */
  async *list(): AsyncGenerator<FileName[]> {
    for (const shard of await readdir(this.#folder)) {
      if (!SHARD.test(shard)) continue;
      const files: FileName[] = [];
      for (const name of await readdir(join(this.#folder, shard))) {
        const file = readFileName(name);
        if (file && file.isSealed === (this.#keyring !== undefined)) files.push(file);
        else await remove(join(this.#folder, shard, name));
      }
      yield files;
    }
  }

  /**
   * Writes the facts behind the picture and moves it into its place.
   *
   * @returns the bytes of the picture, where they are asked for
   * @throws Failure `object_damaged` where the picture is not as long as its name says, and as {@link onDisk}
   */
  async place(
    from: string,
    file: FileName,
    { facts, usedAt, withBytes }: ToPlace,
  ): Promise<Buffer | undefined> {
    const to = this.#pathOf(file);
    const bytes = await onDisk(addFacts(from, { facts, usedAt, withBytes }));
    const keyring = this.#keyring;
    const done = keyring ? await onDisk(sealDerivative(keyring, { ...file, path: from }, usedAt)) : from;
    await onDisk(
      rename(done, to).catch(async (error: unknown) => {
        if (!isMissing(error)) throw error;
        await mkdir(dirname(to), { recursive: true });
        await rename(done, to);
      }),
    );
    return bytes;
  }

  /**
   * Reads what is behind the name, and whether the bytes are those that were kept: nothing here is synced, so that a
   * power cut may leave anything.
   */
  async readWhole(file: FileName, withBytes: boolean): Promise<WholePicture | undefined> {
    try {
      if (this.#keyring) return await this.#readSealed(this.#keyring, file, withBytes);
      return await (withBytes ? readSmall(this.#pathOf(file), file) : readLarge(this.#pathOf(file), file));
    } catch (error) {
      const isNoMore = isFailure(
        error,
        'object_not_found',
        'object_damaged',
        'key_destroyed',
        'key_unavailable',
      );
      if (isMissing(error) || isNoMore) return undefined;
      throw error;
    }
  }

  async #readSealed(keyring: Keyring, file: FileName, withBytes: boolean): Promise<WholePicture | undefined> {
    const place = { ...file, path: this.#pathOf(file) };
    if (withBytes) return pictureIn(await openDerivative(keyring, place), file);
    const { sha256, rest } = await digestAndRest(await readDerivative(keyring, place), file.size);
    const facts = factsOf(rest, file.size);
    return facts?.sha256 === sha256 ? { facts } : undefined;
  }

  /** @throws Failure `object_not_found`, `range_not_satisfiable` where the file has become shorter */
  async read(file: FileName, range: ByteSpan = { start: 0, end: file.size - 1 }): Promise<ObjectBody> {
    const path = this.#pathOf(file);
    const { stream } = this.#keyring
      ? await readDerivative(this.#keyring, { ...file, path }, range)
      : await openObject(path, file.name, { range });
    return { size: file.size, stream };
  }

  /** When it was used last, milliseconds; undefined where there is no such file, or one that is cut short. */
  async usedAt(file: FileName): Promise<number | undefined> {
    try {
      const { size, mtimeMs } = await stat(this.#pathOf(file));
      return size > file.size ? mtimeMs : undefined;
    } catch (error) {
      return isMissing(error) ? undefined : 0;
    }
  }

  /** Answers whether the file is still there. */
  async touch(file: FileName, usedAt: number): Promise<boolean> {
    const time = new Date(usedAt);
    return utimes(this.#pathOf(file), time, time).then(
      () => true,
      (error: unknown) => !isMissing(error),
    );
  }

  remove(file: FileName): Promise<void> {
    return remove(this.#pathOf(file));
  }

  /** Deletes all files of an image, durably. */
  async removeImage(image: string): Promise<void> {
    const shard = join(this.#folder, image.slice(0, 2));
    const names = await readdir(shard).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    const doomed = names.filter((name) => name.startsWith(`${image}-`));
    for (const name of doomed) await remove(join(shard, name));
    if (doomed.length > 0) await this.#disk.syncPath(shard);
  }

  #pathOf({ image, name }: FileName): string {
    return join(this.#folder, image.slice(0, 2), name);
  }
}

async function remove(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}

/**
 * What only touches memory is done at once, for a round through the thread pool takes ten times as long: the file has
 * just been written, so its pages and its inode are there.
 */
async function addFacts(path: string, { facts, usedAt, withBytes }: ToPlace): Promise<Buffer | undefined> {
  const { size, ...behind } = facts;
  const file = await open(path, 'r+');
  try {
    if (fstatSync(file.fd).size !== size) {
      throw new Failure('object_damaged', 'A picture is not as long as it should be.');
    }
    const bytes = withBytes ? Buffer.allocUnsafeSlow(size) : undefined;
    if (bytes) readSync(file.fd, bytes, 0, size, 0);
    await file.write(`\n${JSON.stringify(behind)}\n`, size);
    const time = new Date(usedAt);
    futimesSync(file.fd, time, time);
    return bytes;
  } finally {
    await file.close();
  }
}

async function readSmall(path: string, file: FileName): Promise<WholePicture | undefined> {
  return pictureIn(await readFile(path), file);
}

function pictureIn(all: Buffer, { size }: FileName): WholePicture | undefined {
  const bytes = all.subarray(0, size);
  const facts = factsOf(all.subarray(size), size);
  return facts?.sha256 === hash('sha256', bytes) ? { facts, bytes } : undefined;
}

async function readLarge(path: string, { size }: FileName): Promise<WholePicture | undefined> {
  const file = await open(path, 'r');
  try {
    const behind = Buffer.alloc(MOST_FACTS_BYTES);
    const { bytesRead } = await file.read(behind, 0, MOST_FACTS_BYTES, size);
    const facts = factsOf(behind.subarray(0, bytesRead), size);
    return facts && facts.sha256 === (await sha256Of(file, size)) ? { facts } : undefined;
  } finally {
    await file.close();
  }
}

async function sha256Of(file: FileHandle, size: number): Promise<string> {
  const digest = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await file.read(chunk, 0, Math.min(CHUNK, size - at), at);
    if (bytesRead === 0) break;
    digest.update(chunk.subarray(0, bytesRead));
    at += bytesRead;
  }
  return digest.digest('hex');
}

function factsOf(behind: Buffer, size: number): DerivativeFacts | undefined {
  const text = behind.toString();
  if (!text.startsWith('\n') || !text.endsWith('\n')) return undefined;
  try {
    const read = FactsBehind.safeParse(JSON.parse(text));
    return read.success ? { size, ...read.data } : undefined;
  } catch {
    return undefined;
  }
}
