import { constants, open, realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../failures.ts';
import type { PointedObject, PointedObjects } from '../../intake/kafka/pointed.ts';
import type { PointedBuckets } from './pointed-s3.ts';

const CHUNK_BYTES = 256 * 1024;

/** Which server the buckets are on: AWS's own where no endpoint is named. */
export interface BucketServer {
  readonly endpoint?: string;
  readonly isCompat: boolean;
}

/** Opens what lies below the places that the settings list. @param places URLs that end in a slash */
export function openPointed(places: readonly string[], server: BucketServer): PointedObjects {
  const buckets = openBuckets(server);
  return {
    async open(pointer, signal) {
      if (!URL.canParse(pointer)) throw refused('it is no URL');
      // Parsed and written again: `..` and its encoded forms are resolved before anything is compared.
      const url = new URL(pointer);
      const place = places.find((one) => url.href.startsWith(one) && url.href.length > one.length);
      if (place === undefined || url.search || url.hash)
        throw refused('it is outside of what may be pointed to');
      return url.protocol === 'file:'
        ? await openFile(url, place)
        : await openS3(await buckets(), url, signal);
    },
  };
}

function refused(why: string): Failure {
  return new Failure('invalid_request', `The pointer of this message is not followed: ${why}.`);
}

/** A link that leads out of the place is not followed. */
async function openFile(url: URL, place: string): Promise<PointedObject> {
  const path = pathOf(url);
  const [inside, root] = await Promise.all([path, fileURLToPath(place)].map(realPath));
  if (inside === undefined || root === undefined) throw missing(url);
  if (!inside.startsWith(root.endsWith(sep) ? root : root + sep)) throw refused('it leads out of its folder');
  const stats = await stat(inside);
  if (!stats.isFile()) throw refused('it is no regular file');
  return { size: stats.size, body: contentOf(inside) };
}

function pathOf(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch {
    throw refused('it names no file');
  }
}

async function realPath(path: string): Promise<string | undefined> {
  return await realpath(path).catch(() => undefined);
}

/** Opened only when it is read: what is refused before leaves nothing open. */
async function* contentOf(path: string): AsyncGenerator<Buffer> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES));
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** The client is loaded with the first pointer into a bucket. */
function openBuckets(server: BucketServer): () => Promise<PointedBuckets> {
  let buckets: Promise<PointedBuckets> | undefined;
  return () => {
    buckets ??= import('./pointed-s3.ts').then(({ pointedBuckets }) => pointedBuckets(server));
    return buckets;
  };
}

async function openS3(buckets: PointedBuckets, url: URL, signal: AbortSignal): Promise<PointedObject> {
  const found = await buckets.open(url.host, keyOf(url), signal);
  if (!found) throw missing(url);
  return found;
}

function keyOf({ pathname }: URL): string {
  let key: string;
  try {
    key = decodeURIComponent(pathname.slice(1));
  } catch {
    throw refused('its key is not well encoded');
  }
  // To S3 these are letters like any other, to some of its likes they are a way up.
  if (key.split('/').some((part) => part === '..' || part === '.'))
    throw refused('its key has dots for a folder');
  return key;
}

function missing(url: URL): Failure {
  return new Failure('object_not_found', `There is nothing at ${url.href}.`);
}
