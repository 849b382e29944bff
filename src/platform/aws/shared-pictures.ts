import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { z } from 'zod';
import type { Derivative, DerivativeFacts } from '../../delivery/derivative.ts';
import type { DerivativeOwner } from '../../delivery/derivative-cache.ts';
import { isFailure } from '../../failures.ts';
import type { ObjectStore } from '../../images/object-store.ts';
import { onDisk } from '../embedded/disk.ts';

/** Where pictures that were made on request lie for all machines. */
export const DERIVED = 'derived/';

const MOST_FACTS_BYTES = 8192;
const LINE_END = 10;

const Facts = z.object({
  size: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  contentType: z.string(),
  width: z.number().int().positive().exactOptional(),
  height: z.number().int().positive().exactOptional(),
  note: z.string().exactOptional(),
});

/** Pictures that were made on request, as objects: one line of facts in JSON, then the picture. */
export interface SharedPictures {
  put(owner: DerivativeOwner, key: string, picture: Derivative): Promise<void>;
  /**
   * Writes the picture into a new file.
   * @returns undefined where there is none, or none that is whole
   */
  fetch(owner: DerivativeOwner, key: string, path: string): Promise<DerivativeFacts | undefined>;
  /** Names of all that there is of an image. */
  namesOf(owner: DerivativeOwner): Promise<string[]>;
  delete(names: readonly string[]): Promise<void>;
  /** Deletes what was put before then, milliseconds; answers how many. It may be made again. */
  deleteBefore(time: number): Promise<number>;
}

export function createSharedPictures(store: ObjectStore): SharedPictures {
  const keyOf = (owner: DerivativeOwner, key: string) => `${folderOf(owner)}${key}`;

  return {
    async put(owner, key, picture) {
      const attributes = { contentType: 'application/octet-stream' };
      await store.put(keyOf(owner, key), withFacts(picture), { attributes });
    },

    async fetch(owner, key, path) {
      try {
        const { stream } = await store.read(keyOf(owner, key));
        const facts = await onDisk(write(stream, path));
        if (facts) return facts;
      } catch (error) {
        if (isFailure(error, 'object_not_found', 'key_destroyed')) return undefined;
        if (!isFailure(error, 'object_damaged')) throw error;
      }
      await store.delete([keyOf(owner, key)]);
      return undefined;
    },

    async namesOf(owner) {
      const names: string[] = [];
      for await (const { key } of store.list(folderOf(owner))) names.push(key);
      return names;
    },

    delete: (names) => store.delete(names),

    async deleteBefore(time) {
      const old: string[] = [];
      for await (const { key, modifiedAt } of store.list(DERIVED)) if (modifiedAt < time) old.push(key);
      await store.delete(old);
      return old.length;
    },
  };
}

function folderOf({ tenantId, imageId }: DerivativeOwner): string {
  return `${DERIVED}${tenantId}/${imageId}/`;
}

async function* withFacts(picture: Derivative): AsyncGenerator<Uint8Array> {
  const { size, sha256, contentType, width, height, note } = picture;
  yield Buffer.from(`${JSON.stringify({ size, sha256, contentType, width, height, note })}\n`);
  if (picture.bytes) yield picture.bytes;
  else yield* (await picture.read()).stream;
}

/** @returns the facts, where the bytes are those that they speak of */
async function write(stream: AsyncIterable<Uint8Array>, path: string): Promise<DerivativeFacts | undefined> {
  const file = await open(path, 'wx', 0o600);
  try {
    const hash = createHash('sha256');
    let line: Buffer = Buffer.alloc(0);
    let facts: DerivativeFacts | undefined;
    let size = 0;
    for await (const chunk of stream) {
      let picture = chunk;
      if (!facts) {
        line = Buffer.concat([line, chunk]);
        const end = line.indexOf(LINE_END);
        if (end < 0 && line.length <= MOST_FACTS_BYTES) continue;
        facts = factsIn(line.subarray(0, Math.max(0, end)));
        if (!facts) return undefined;
        picture = line.subarray(end + 1);
      }
      hash.update(picture);
      size += picture.length;
      await file.appendFile(picture);
    }
    return facts?.size === size && facts.sha256 === hash.digest('hex') ? facts : undefined;
  } finally {
    await file.close();
  }
}

function factsIn(line: Buffer): DerivativeFacts | undefined {
  try {
    const read = Facts.safeParse(JSON.parse(line.toString()));
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}
