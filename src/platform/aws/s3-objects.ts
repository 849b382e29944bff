import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { assertKeyPrefix, assertObjectKey } from '../../images/object-key-rules.ts';
import type { ObjectBody, ObjectHead, ObjectStore } from '../../images/object-store.ts';
import { diskFailure, onDisk } from '../embedded/disk.ts';
import { inParallel } from '../embedded/in-parallel.ts';
import { createWorkNames, removeLeftovers } from '../embedded/leftovers.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { endForgottenUploads } from './s3-leftovers.ts';
import { listObjects, topOf } from './s3-listing.ts';
import { createMultipartUploads } from './s3-multipart.ts';
import { putObject } from './s3-put.ts';
import { headObject, readObject } from './s3-reading.ts';
import { deleteObjects } from './s3-removal.ts';

export interface S3ObjectsOptions {
  readonly bucket: S3Bucket;
  /** an existing folder of this machine, for files that are being worked on */
  readonly scratch: string;
  /** folders at the top of the bucket, each with its slash, that hold something else: `list('')` leaves them out */
  readonly apart?: readonly string[];
  /** bytes; larger objects are sent in parts of this size, at least 5 MiB */
  readonly partBytes?: number;
}

/** Of one call of `putFiles`. */
const FILES_AT_ONCE = 6;

/**
 * Objects in a bucket. They are durable when S3 has answered, and no reader ever sees half of one.
 *
 * An upload holds up to one part in memory while it is filled, and all of them together sixteen that are on their way.
 */
export function createS3Objects({ bucket, scratch, apart = [], partBytes }: S3ObjectsOptions): ObjectStore {
  const uploads = createMultipartUploads(partBytes);
  const names = createWorkNames();

  async function scratchFolder() {
    const name = names.take();
    const path = join(scratch, name);
    await onDisk(mkdir(path));
    return {
      path,
      async release() {
        await onDisk(rm(path, { recursive: true, force: true }));
        names.giveBack(name);
      },
    };
  }

  async function* all(): AsyncGenerator<ObjectHead> {
    const { folders, objects } = await topOf(bucket);
    yield* objects;
    for (const folder of folders) if (!apart.includes(folder)) yield* listObjects(bucket, folder);
  }

  return {
    async put(key, body, { attributes, ifAbsent = false, signal }) {
      assertObjectKey(key);
      signal?.throwIfAborted();
      return putObject(bucket, uploads, { key, body, attributes, ifAbsent, ...(signal && { signal }) });
    },

    async putFiles(files, { signal } = {}) {
      for (const { key } of files) assertObjectKey(key);
      signal?.throwIfAborted();
      await inParallel(files, FILES_AT_ONCE, async ({ key, path, attributes }) => {
        const body = createReadStream(path, { highWaterMark: 2 ** 20 });
        const given = { key, body, attributes, ifAbsent: false };
        await putObject(bucket, uploads, { ...given, ...(signal && { signal }) });
      });
      // Only now: a repetition after a failure finds all of them.
      await onDisk(Promise.all(files.map(({ path }) => unlink(path))));
    },

    async read(key, options = {}) {
      assertObjectKey(key);
      return readObject(bucket, key, options);
    },

    async head(key) {
      assertObjectKey(key);
      return headObject(bucket, key);
    },

    async withLocalFile(key, use, options = {}) {
      assertObjectKey(key);
      const folder = await scratchFolder();
      try {
        const path = join(folder.path, 'object');
        await download(await readObject(bucket, key, options), path, options.signal);
        return await use(path);
      } finally {
        await folder.release();
      }
    },

    async delete(keys) {
      for (const key of keys) assertObjectKey(key);
      await deleteObjects(bucket, keys);
    },

    async deletePrefix(prefix) {
      if (!prefix.endsWith('/')) throw new Error(`a prefix to delete ends in a slash; ${prefix} does not`);
      assertObjectKey(prefix.slice(0, -1));
      const keys: string[] = [];
      for await (const { key } of listObjects(bucket, prefix)) keys.push(key);
      await deleteObjects(bucket, keys);
      return keys;
    },

    async *list(prefix) {
      assertKeyPrefix(prefix);
      yield* prefix === '' ? all() : listObjects(bucket, prefix);
    },

    scratch: scratchFolder,

    async removeLeftovers(olderThan) {
      const isOpen = (uploadId: string) => uploads.open.has(uploadId);
      const ended = await endForgottenUploads(bucket, { isOpen, before: Date.now() - olderThan });
      return ended + (await onDisk(removeLeftovers([scratch], names, olderThan)));
    },
  };
}

async function download({ stream }: ObjectBody, path: string, signal: AbortSignal | undefined) {
  try {
    await pipeline(stream, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  } catch (error) {
    signal?.throwIfAborted();
    throw diskFailure(error);
  }
}
