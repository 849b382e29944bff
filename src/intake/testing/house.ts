import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImageEvent } from '../../images/events.ts';
import type { Status, StoredImage } from '../../images/image.ts';
import { defaultPipeline } from '../../pipeline/default-pipeline.ts';
import { openEmbedded } from '../../platform/embedded/platform.ts';
import type { Platform } from '../../platform/platform.ts';
import { eraseImage } from '../../retention/erase.ts';
import type { Intake, IntakeDeps } from '../intake.ts';
import { createIntake } from '../receive.ts';

export const TENANT = 'main';
export const OWNER = { tenantId: TENANT, userId: 'owner' } as const;
export const HOUR = 3_600_000;
export const MAX_BYTES = 1_000_000;
export const PUBLIC_URL = 'https://photos.example';

/** A real platform in a folder of its own, with the intake in front of it and a clock that the test moves. */
export interface House {
  readonly folder: string;
  readonly platform: Platform;
  readonly intake: Intake;
  readonly deps: IntakeDeps;
  readonly clock: { now(): number; advance(ms: number): void };
  /** how often the relay was woken */
  readonly wakes: () => number;
  /** The same house with parts replaced: a catalog that fails, for example. */
  intakeWith(parts: Partial<IntakeDeps>): Intake;
  erase(tenantId: string, imageId: string): Promise<unknown>;
  images(): Promise<StoredImage[]>;
  /** What there is of bytes: object keys, unfinished uploads, files that are neither object nor database. */
  bytesLeft(): Promise<{ objects: string[]; partials: string[]; files: string[] }>;
  statuses(): Promise<Status[]>;
  events(): Promise<ImageEvent[]>;
  close(): Promise<void>;
}

export async function openHouse(): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-intake-'));
  let shift = 0;
  let wakes = 0;
  const clock = {
    now: () => Date.now() + shift,
    advance: (ms: number) => {
      shift += ms;
    },
  };
  const platform = await openEmbedded({ dataDir: folder, clock, role: 'server' });
  await platform.pipelines.put(TENANT, defaultPipeline);
  const deps: IntakeDeps = {
    ...platform,
    clock,
    wake: () => {
      wakes += 1;
    },
    publicUrl: () => PUBLIC_URL,
    retentionMs: () => 7 * 24 * HOUR,
    uploadExpiryMs: 24 * HOUR,
    maxUploadBytes: MAX_BYTES,
    maxDirectUploadBytes: MAX_BYTES,
  };

  async function images(): Promise<StoredImage[]> {
    const found = [];
    for await (const image of platform.upkeep.all()) found.push(image);
    return found;
  }

  return {
    folder,
    platform,
    deps,
    clock,
    intake: createIntake(deps),
    wakes: () => wakes,
    intakeWith: (parts) => createIntake({ ...deps, ...parts }),
    erase: (tenantId, imageId) => eraseImage({ ...platform, clock }, { tenantId, imageId }),
    images,
    statuses: async () => (await images()).map(({ record }) => record.status),
    events: () => platform.events.since(TENANT, undefined, 1000),

    async bytesLeft() {
      const objects = [];
      for await (const { key } of platform.objects.list('')) objects.push(key);
      const partials = await platform.partialUploads.abandoned(Number.MAX_SAFE_INTEGER);
      const files = (await filesBelow(folder)).filter(
        (file) => !/^objects\/|\.db(-wal|-shm|-journal)?$/.test(file),
      );
      return { objects, partials: partials.map(({ imageId }) => imageId), files };
    },

    async close() {
      await platform.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The same port, some of its methods replaced. */
export function withMethods<T extends object>(port: T, methods: Partial<T>): T {
  return { ...port, ...methods };
}

/** Every file below the folder, relative to it. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

export function sample(name: string): Promise<Buffer> {
  return readFile(fileURLToPath(new URL(`../../../samples/${name}`, import.meta.url)));
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The bytes as they come over a network: some at a time. */
export async function* inChunks(bytes: Uint8Array, chunk = 16_384): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
}

/** A sender that goes away after so many bytes. */
export async function* brokenAfter(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  yield* inChunks(bytes.subarray(0, length));
  throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
}
