import { createHash } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isFailure } from '../../failures.ts';
import { type Keyring, keyNameOfObject } from '../../images/keyring.ts';
import type { FileToStore, ObjectHead, ObjectStore } from '../../images/object-store.ts';
import { plainSize } from './format.ts';
import { seal } from './seal.ts';
import { sealFile, writeNew } from './seal-file.ts';
import { createSealedReading } from './sealed-reading.ts';

export interface SealedObjectsDeps {
  readonly store: ObjectStore;
  readonly keyring: Keyring;
  /**
   * `accepted` reads objects as they are that were stored before there was a key. `refused` takes an object that is not
   * sealed for damaged: nobody can slip one in, and sizes are known without a look into each object.
   */
  readonly unsealed: () => 'accepted' | 'refused';
}

/** An object store of which it can be asked whether an object lies in it sealed. */
export interface SealedObjects extends ObjectStore {
  /** @throws Failure `object_not_found` */
  isSealed(key: string): Promise<boolean>;
}

/**
 * Any store of objects, with everything in it sealed by the keys of its images. Sizes and checksums are those of the
 * plaintext. Every call may throw Failure `key_destroyed`, `key_unavailable` or `object_damaged` besides what the store
 * throws.
 */
export function sealObjects({ store, keyring, unsealed }: SealedObjectsDeps): SealedObjects {
  const acceptsUnsealed = () => unsealed() === 'accepted';
  const reading = createSealedReading({ store, keyring, acceptsUnsealed });

  async function sealedCopy({ key, path, attributes }: FileToStore, to: string): Promise<FileToStore> {
    await sealFile(path, to, await keyring.create(keyNameOfObject(key)), key);
    return { key, path: to, attributes };
  }

  /** What is damaged is there all the same, with the size it has: whoever deletes it need not read it. */
  async function ofPlaintext(head: ObjectHead): Promise<ObjectHead> {
    if (acceptsUnsealed() && !(await reading.isSealed(head.key))) return head;
    return { ...head, size: plainSize(head.size) ?? head.size };
  }

  return {
    async put(key, body, options) {
      const hash = createHash('sha256');
      let size = 0;
      async function* watched(): AsyncGenerator<Uint8Array> {
        for await (const piece of body) {
          hash.update(piece);
          size += piece.length;
          yield piece;
        }
      }
      // No key is made before the store has agreed to take the object.
      async function* sealed(): AsyncGenerator<Uint8Array> {
        yield* seal(watched(), await keyring.create(keyNameOfObject(key)), key);
      }
      await store.put(key, sealed(), options);
      return { size, sha256: hash.digest('hex') };
    },

    async putFiles(files, options = {}) {
      options.signal?.throwIfAborted();
      const scratch = await store.scratch();
      try {
        const copies = files.map((file, number) => sealedCopy(file, join(scratch.path, String(number))));
        await store.putFiles(await Promise.all(copies), options);
        await Promise.all(files.map(({ path }) => unlink(path)));
      } finally {
        await scratch.release();
      }
    },

    read: (key, options = {}) => reading.read(key, options),

    async head(key) {
      const head = await store.head(key);
      return head && (await ofPlaintext(head).catch(nothingWhereGone));
    },

    async withLocalFile(key, use, options = {}) {
      if (acceptsUnsealed() && !(await reading.isSealed(key, options))) {
        return store.withLocalFile(key, use, options);
      }
      const { stream } = await reading.read(key, options);
      const scratch = await store.scratch();
      try {
        const path = join(scratch.path, 'plain');
        await writeNew(path, oneByOne(stream));
        return await use(path);
      } finally {
        await scratch.release();
      }
    },

    async *list(prefix) {
      for await (const head of store.list(prefix)) {
        const seen = await ofPlaintext(head).catch(nothingWhereGone);
        if (seen) yield seen;
      }
    },

    delete: (keys) => store.delete(keys),
    deletePrefix: (prefix) => store.deletePrefix(prefix),
    scratch: () => store.scratch(),
    removeLeftovers: (olderThan) => store.removeLeftovers(olderThan),
    isSealed: (key) => reading.isSealed(key),
  };
}

async function* oneByOne(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array[]> {
  for await (const piece of stream) yield [piece];
}

function nothingWhereGone(error: unknown): undefined {
  if (isFailure(error, 'object_not_found')) return undefined;
  throw error;
}
