import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NewImage } from '../../images/catalog.ts';
import { isoTime } from '../../images/clock.ts';
import type { Format, StoredImage, Variant } from '../../images/image.ts';
import { mediaTypes, newImageId, objectKeys } from '../../images/keys.ts';
import { openEmbedded } from '../../platform/embedded/platform.ts';
import type { Platform } from '../../platform/platform.ts';
import type { RetentionPorts } from '../ports.ts';

export const TENANT = 'default';
export const DAY = 86_400_000;
/** In names and tags of every image made here: must be nowhere on disk once the image is gone. */
export const MARKER = 'mARKer-9f2c41d7';

/** A real platform in a folder of its own, with a clock that the test moves. */
export interface House {
  readonly folder: string;
  readonly platform: Platform;
  readonly ports: RetentionPorts;
  readonly clock: { now(): number; advance(ms: number): void };
  close(): Promise<void>;
}

export async function openHouse(): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-retention-'));
  let shift = 0;
  const clock = {
    now: () => Date.now() + shift,
    advance: (ms: number) => {
      shift += ms;
    },
  };
  // Nobody cuts the power here, and a few thousand syncs take their time.
  const dataDir = join(folder, 'data');
  const platform = await openEmbedded({ dataDir, clock, role: 'server', durability: 'none' });
  const { catalog, upkeep, events, objects, keyring, derivatives, partialUploads, queue } = platform;
  return {
    folder,
    platform,
    ports: { catalog, upkeep, events, objects, keyring, derivatives, partialUploads, queue, clock },
    clock,
    close: async () => {
      await platform.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface ImageOptions {
  /** milliseconds from now */
  readonly lifeMs?: number;
}

/** Bytes that say what they are, so that a mix-up shows. */
export function bytesOf(text: string): { bytes: Buffer; size: number; sha256: string } {
  const bytes = Buffer.from(`${MARKER} ${text}`);
  return { bytes, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** The original is stored and the record says `received`, as every way in leaves it. */
export async function addReceived(ports: RetentionPorts, options: ImageOptions = {}): Promise<StoredImage> {
  const imageId = newImageId(ports.clock.now());
  const key = objectKeys.original(TENANT, imageId);
  const { bytes, size, sha256 } = bytesOf(key);
  await ports.objects.put(key, once(bytes), { attributes: { contentType: 'image/jpeg' } });
  const image = newImage(ports, imageId, options.lifeMs ?? 7 * DAY);
  const original = {
    key,
    filename: `${MARKER}.jpg`,
    content_type: 'image/jpeg',
    format: 'jpeg' as const,
    size,
    sha256,
    url: `/v1/image/${imageId}/original`,
  };
  const next: NewImage = {
    ...image,
    record: { ...image.record, original },
    run: { generation: 1, crashes: 0 },
  };
  const at = ports.clock.now();
  const { stored } = await ports.catalog.create(next, {
    events: [{ type: 'image.received', tenantId: TENANT, imageId, status: 'received', generation: 1, at }],
    idempotency: { key: `${MARKER}-${imageId}`, requestHash: 'x' },
  });
  return stored;
}

/** Runs a pipeline that makes two files, without pixels: files first, then one conditional write. */
export async function publish(ports: RetentionPorts, image: StoredImage): Promise<StoredImage> {
  const { image_id: imageId, status } = image.record;
  const generation = image.run?.generation ?? image.generation + 1;
  const started =
    status === 'received'
      ? await ports.catalog.replace(
          image,
          { ...image, record: { ...image.record, status: 'processing' } },
          [],
        )
      : image;
  const variants = await storeVariants(ports, imageId, generation);
  const { run: _, ...settled } = started;
  const ready: NewImage = {
    ...settled,
    generation,
    record: { ...started.record, status: 'ready', variants, processed_at: isoTime(ports.clock.now()) },
  };
  const at = ports.clock.now();
  const published = await ports.catalog.replace(started, ready, [
    { type: 'image.ready', tenantId: TENANT, imageId, status: 'ready', generation, at },
  ]);
  if (image.generation > 0) {
    await ports.objects.deletePrefix(objectKeys.generation(TENANT, imageId, image.generation));
  }
  return published;
}

export async function addReady(ports: RetentionPorts, options: ImageOptions = {}): Promise<StoredImage> {
  return await publish(ports, await addReceived(ports, options));
}

/** A reservation with some bytes of it here. */
export async function addPartial(ports: RetentionPorts, options: ImageOptions = {}): Promise<StoredImage> {
  const imageId = newImageId(ports.clock.now());
  const image = newImage(ports, imageId, options.lifeMs ?? DAY);
  const { stored } = await ports.catalog.create({
    ...image,
    record: { ...image.record, status: 'awaiting_upload', source: 'resumable' },
    declared: { filename: `${MARKER}.jpg`, size: 1000 },
  });
  await ports.partialUploads.start({ tenantId: TENANT, imageId, length: 1000 });
  await ports.partialUploads.append(TENANT, imageId, 0, once(Buffer.from(MARKER)));
  return stored;
}

/** The same port, some of its methods replaced. */
export function withMethods<T extends object>(port: T, methods: Partial<T>): T {
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(methods, name) ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

export async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

export async function storedKeys(ports: RetentionPorts): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of ports.objects.list('')) keys.push(key);
  return keys.sort();
}

/** Every file below the folder, with its path relative to it. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function newImage(ports: RetentionPorts, imageId: string, lifeMs: number): NewImage {
  const now = ports.clock.now();
  return {
    generation: 0,
    record: {
      image_id: imageId,
      tenant_id: TENANT,
      user_id: `${MARKER}-user`,
      status: 'received',
      source: 'direct',
      variants: [],
      metadata: { camera: MARKER },
      tags: { album: MARKER },
      pipeline: { name: 'default', version: 1 },
      steps: [],
      upload_time: isoTime(now),
      expires_at: isoTime(now + lifeMs),
    },
  };
}

async function storeVariants(ports: RetentionPorts, imageId: string, generation: number): Promise<Variant[]> {
  const scratch = await ports.objects.scratch();
  const variants: Variant[] = [];
  const files = [];
  for (const format of ['webp', 'jpeg'] satisfies Format[]) {
    const key = objectKeys.variant(TENANT, imageId, generation, 'thumbnail', format);
    const { bytes, size, sha256 } = bytesOf(key);
    const path = join(scratch.path, `thumbnail.${format}`);
    await writeFile(path, bytes);
    files.push({ key, path, attributes: { contentType: mediaTypes[format] } });
    variants.push({
      name: 'thumbnail',
      format,
      key,
      width: 1,
      height: 1,
      size,
      sha256,
      url: `/i/${imageId}`,
    });
  }
  await ports.objects.putFiles(files);
  await scratch.release();
  return variants;
}
