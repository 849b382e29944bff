import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createFakeClock } from '../../images/clock.contract.ts';
import type { StoredImage } from '../../images/image.ts';
import { objectKeys } from '../../images/keys.ts';
import { anImage } from '../../images/testing/images.ts';
import { startRendererPool } from '../../pipeline/renderer-pool.ts';
import type { Renderers, RenderOptions } from '../../pipeline/renderers.ts';
import type { Encoding, RenderPlan } from '../../pixels/render-plan.ts';
import { openEmbedded } from '../../platform/embedded/platform.ts';
import type { Platform } from '../../platform/platform.ts';
import type { DerivativeOrder } from '../derivative-key.ts';
import { createDeriver, type Deriver, type DeriverDeps } from '../derive.ts';
import { parseDelivery } from '../grammar/parse.ts';
import type { PlanDelivery } from '../make-derivative.ts';

export const PROCESSES = 2;
export const MEMORY_BYTES = 2 ** 30;

/** Renderer processes for all tests of a file: starting them takes longer than most of what they do. */
export function startTestRenderers(): Renderers {
  return startRendererPool({
    processes: PROCESSES,
    deadlineMs: 30_000,
    memoryBytes: MEMORY_BYTES,
    maxRssBytes: 620 * 2 ** 20,
  });
}

/** A platform of its own with a deriver over it. */
export interface DerivingHouse {
  readonly platform: Platform;
  readonly clock: ReturnType<typeof createFakeClock>;
  readonly renderers: WatchedRenderers;
  readonly deriver: Deriver;
  /** pictures whose plan was made: they stand in line from then on */
  readonly planned: number;
  /** Another one over the same platform, where a test changes what it is made of; stopped with the house. */
  deriverWith(differences: Partial<DeriverDeps>): Deriver;
  /** Stores a file as the original of an image. */
  bring(file: string, tenantId?: string): Promise<StoredImage>;
  /** Deletes what an erasure deletes. */
  erase(image: StoredImage): Promise<void>;
  cachedFiles(): Promise<string[]>;
  /** what is left behind in folders of work */
  scratchFiles(): Promise<string[]>;
  close(): Promise<void>;
}

export async function openDerivingHouse(pool: Renderers): Promise<DerivingHouse> {
  const dataDir = await mkdtemp(join(tmpdir(), 'darkroom-deriving-'));
  const clock = createFakeClock();
  const platform = await openEmbedded({ dataDir, clock, role: 'server', durability: 'none' });
  const { objects, derivatives: cache } = platform;
  const renderers = watched(pool);
  let planned = 0;
  const plan: PlanDelivery = (input) => {
    planned += 1;
    return smallPlan(input);
  };
  const derivers: Deriver[] = [];
  const deriverWith: DerivingHouse['deriverWith'] = (differences) => {
    const deriver = createDeriver({
      ...{ objects, renderers, cache, clock, log: pino({ level: 'silent' }) },
      ...{ plan, processes: PROCESSES, memoryBytes: MEMORY_BYTES },
      ...differences,
    });
    derivers.push(deriver);
    return deriver;
  };
  return {
    ...{ platform, clock, renderers, deriverWith },
    deriver: deriverWith({}),
    get planned() {
      return planned;
    },
    async bring(file, tenantId = 'ours') {
      const { record } = anImage(clock.now(), { status: 'ready', tenant_id: tenantId });
      const key = objectKeys.original(tenantId, record.image_id);
      const attributes = { contentType: 'image/jpeg' };
      const { size, sha256 } = await objects.put(key, createReadStream(file), { attributes });
      const original = {
        ...{ key, size, sha256, filename: 'holiday.jpg', content_type: 'image/jpeg', url: 'https://x' },
      };
      return { record: { ...record, original }, version: 1, generation: 1 };
    },
    async erase({ record }) {
      await objects.delete([objectKeys.original(record.tenant_id, record.image_id)]);
      await cache.purgeImage({ tenantId: record.tenant_id, imageId: record.image_id });
    },
    cachedFiles: () => filesBelow(join(dataDir, 'cache')),
    scratchFiles: () => filesBelow(join(dataDir, 'scratch')),
    async close() {
      await Promise.all(derivers.map((deriver) => deriver.stop()));
      await platform.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

export function orderOf(image: StoredImage, query: string): DerivativeOrder {
  return { image, request: parseDelivery(query) };
}

/** Width and format alone: what is made of a request, not what the picture is, is looked at. */
export const smallPlan: PlanDelivery = ({ request, probe, sourcePath }) => {
  const { size, output } = request;
  const width = size.width && 'px' in size.width ? size.width.px : probe.viewed.width;
  const height = Math.max(1, Math.round((width * probe.viewed.height) / probe.viewed.width));
  const format = output.format === 'avif' ? 'avif' : 'webp';
  return {
    plan: planOf({ path: sourcePath, format: probe.format }, { width, height }, encodings[format]),
    notes: output.quality === 1 ? ['one', 'two'] : [],
  };
};

/** The AVIF takes as long as it can. */
const encodings: Record<'webp' | 'avif', Encoding> = {
  webp: { format: 'webp', quality: 60, effort: 0, lossless: false },
  avif: { format: 'avif', quality: 80, effort: 9, lossless: false },
};

export function planOf(
  source: RenderPlan['source'],
  size: { width: number; height: number },
  encoding: Encoding = encodings.webp,
): RenderPlan {
  return {
    source,
    frames: [
      {
        id: 'delivery',
        from: { decode: 'first', shrinkTo: size },
        operations: [
          { step: 'orient', op: 'orient' },
          { step: 'resize', op: 'resize', ...size },
        ],
        outputs: [
          { name: 'delivery', file: `delivery.${encoding.format}`, encoding, keep: [], step: 'encode' },
        ],
      },
    ],
  };
}

/** Renderers that keep count, and may be held up at a gate. */
export interface WatchedRenderers extends Renderers {
  /** renders that were begun */
  readonly renders: number;
  readonly probes: number;
  /** the most bytes that were under way at once, as estimated */
  readonly mostBytes: number;
  /** widths of the renders that were begun, in their order */
  readonly widths: readonly number[];
  /** From now on renders wait until the gate is opened: before they begin, or when they are done. */
  closeGate(where?: 'before' | 'after'): { open(): void; readonly arrived: Promise<void> };
  /** The next renders of a delivery fail like this, until it is called without one. */
  failWith(error?: Error): void;
}

function watched(pool: Renderers): WatchedRenderers {
  const seen = { renders: 0, probes: 0, mostBytes: 0, bytes: 0 };
  const widths: number[] = [];
  let gate: { where: 'before' | 'after'; opened: Promise<void>; arrive(): void } | undefined;
  let failure: Error | undefined;
  const pass = async (where: 'before' | 'after', { signal }: RenderOptions) => {
    if (gate?.where !== where) return;
    gate.arrive();
    const { promise: aborted, reject } = Promise.withResolvers<void>();
    aborted.catch(() => {});
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    await Promise.race([gate.opened, aborted]);
  };
  return {
    get renders() {
      return seen.renders;
    },
    get probes() {
      return seen.probes;
    },
    get mostBytes() {
      return seen.mostBytes;
    },
    widths,
    async probe(path, limits, options) {
      seen.probes += 1;
      return pool.probe(path, limits, options);
    },
    async render(plan, options) {
      seen.renders += 1;
      seen.bytes += options.estimatedBytes;
      seen.mostBytes = Math.max(seen.mostBytes, seen.bytes);
      try {
        widths.push(widthOf(plan));
        await pass('before', options);
        if (failure) throw failure;
        const made = await pool.render(plan, options);
        await pass('after', options);
        return made;
      } finally {
        seen.bytes -= options.estimatedBytes;
      }
    },
    stats: () => pool.stats(),
    close: () => pool.close(),
    closeGate(where = 'before') {
      const opening = Promise.withResolvers<void>();
      const arrival = Promise.withResolvers<void>();
      gate = { where, opened: opening.promise, arrive: () => arrival.resolve() };
      return {
        open: () => {
          gate = undefined;
          opening.resolve();
        },
        arrived: arrival.promise,
      };
    },
    failWith(error) {
      failure = error;
    },
  };
}

function widthOf({ frames }: RenderPlan): number {
  const [resize] = frames.flatMap(({ operations }) => operations).filter(({ op }) => op === 'resize');
  return resize?.op === 'resize' ? resize.width : 0;
}
