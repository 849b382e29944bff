import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { ImageEvent } from '../../images/events.ts';
import type { ImageRecord, StoredImage } from '../../images/image.ts';
import { objectKeys } from '../../images/keys.ts';
import { anEvent, anImage } from '../../images/testing/images.ts';
import { openEmbedded } from '../../platform/embedded/platform.ts';
import type { Platform } from '../../platform/platform.ts';
import { defaultPipeline } from '../default-pipeline.ts';
import { type PipelineDocument, parsePipeline } from '../document.ts';
import type { Lane, Work } from '../queue.ts';
import type { Renderers } from '../renderers.ts';
import { startWorker, type Worker, type WorkerOptions } from '../worker.ts';

export const TENANT = 'ours';
const LEASE_MS = 60_000;

/** A pipeline with one small output: what the worker does, not what the pixels are, is looked at. */
export const smallPipeline: PipelineDocument = parsePipeline({
  name: 'small',
  steps: [
    { step: 'resize', variants: [{ name: 'thumbnail', width: 64 }] },
    {
      step: 'convert',
      outputs: [{ format: 'webp' }, { format: 'avif', when: 'first_request' }],
    },
    { step: 'tag', tags: { made_by: 'small', place: 'from the pipeline' } },
  ],
});

/** A platform of its own with workers over it, and hands that put in and take out. */
export interface Workshop {
  readonly platform: Platform;
  startWorker(renderers: Renderers, options?: Partial<WorkerOptions>): Worker;
  /** Stores a file as a received image and queues its run. */
  bring(file: string, differences?: Partial<ImageRecord>): Promise<StoredImage>;
  send(work: Omit<Work, 'v' | 'tenant_id'>, options?: { lane?: Lane; dedupeId?: string }): Promise<void>;
  /** Waits until the image is as wanted. */
  until(imageId: string, isWanted: (image: StoredImage) => boolean): Promise<StoredImage>;
  untilStatus(imageId: string, status: ImageRecord['status']): Promise<StoredImage>;
  /** Waits until nothing is in the queue. */
  untilIdle(): Promise<void>;
  /** Lets leases and delays run out, and waiting workers look again. */
  skip(milliseconds: number): Promise<void>;
  events(imageId: string): Promise<ImageEvent['type'][]>;
  keysOf(imageId: string): Promise<string[]>;
  scratchIsEmpty(): Promise<boolean>;
  close(): Promise<void>;
}

export async function openWorkshop(): Promise<Workshop> {
  const dataDir = await mkdtemp(join(tmpdir(), 'darkroom-worker-'));
  let skipped = 0;
  const clock = { now: () => Date.now() };
  const monotonic = () => performance.now() + skipped;
  const platform = await openEmbedded({ dataDir, clock, role: 'server', durability: 'none', monotonic });
  const { catalog, objects, queue, events, pipelines } = platform;
  await pipelines.put(TENANT, smallPipeline);
  await pipelines.put(TENANT, defaultPipeline);
  const workers: Worker[] = [];

  const send: Workshop['send'] = async (work, { lane = 'interactive', dedupeId } = {}) => {
    const message = { v: 1, tenant_id: TENANT, ...work } as Work;
    await queue.send(message, { lane, dedupeId: dedupeId ?? `${work.image_id}/${work.generation}` });
  };

  const until: Workshop['until'] = async (imageId, isWanted) => {
    const deadline = performance.now() + 15_000;
    for (;;) {
      const image = await catalog.read(TENANT, imageId);
      if (image && isWanted(image)) return image;
      if (performance.now() > deadline) throw new Error(`in vain: the image is ${image?.record.status}`);
      await sleep(10);
    }
  };

  return {
    platform,
    startWorker(renderers, options = {}) {
      const worker = startWorker({
        platform,
        renderers,
        clock,
        log: pino({ level: 'silent' }),
        publicUrl: () => 'https://pictures.example',
        concurrency: 2,
        leaseMs: LEASE_MS,
        ...options,
      });
      workers.push(worker);
      return worker;
    },
    async bring(file, differences = {}) {
      const blank = anImage(clock.now(), { pipeline: { name: 'small', version: 1 }, ...differences });
      const { image_id: imageId } = blank.record;
      const key = objectKeys.original(TENANT, imageId);
      const attributes = { contentType: 'image/jpeg' };
      const { size, sha256 } = await objects.put(key, createReadStream(file), { attributes });
      const original = {
        ...{ key, size, sha256, filename: 'Grüße aus/dem Urlaub.final.JPG' },
        ...{ content_type: 'image/jpeg', url: 'https://pictures.example/original' },
      };
      const image = { ...blank, record: { ...blank.record, original } };
      const { stored } = await catalog.create(image, { events: [anEvent(image, clock.now())] });
      await send({ kind: 'run', image_id: imageId, generation: 1 });
      return stored;
    },
    send,
    until,
    untilStatus: (imageId, status) => until(imageId, ({ record }) => record.status === status),
    async untilIdle() {
      const deadline = performance.now() + 15_000;
      for (;;) {
        const { interactive, background } = await queue.depth();
        const left = [interactive, background].reduce(
          (sum, { waiting, delayed, inFlight }) => sum + waiting + delayed + inFlight,
          0,
        );
        if (left === 0) return;
        if (performance.now() > deadline) throw new Error(`in vain: ${left} messages are left`);
        await sleep(10);
      }
    },
    async skip(milliseconds) {
      skipped += milliseconds;
      // about an image that there is not: it only rings the bell
      const id = '01890000-0000-7000-8000-000000000000';
      await send({ kind: 'run', image_id: id, generation: 1 }, { dedupeId: `bell ${skipped}` });
    },
    async events(imageId) {
      const all = await events.since(TENANT, undefined, 1000);
      return all.filter((event) => event.imageId === imageId).map(({ type }) => type);
    },
    async keysOf(imageId) {
      const keys: string[] = [];
      for await (const { key } of objects.list(objectKeys.processed(TENANT, imageId))) keys.push(key);
      return keys.toSorted();
    },
    async scratchIsEmpty() {
      return (await readdir(join(dataDir, 'scratch'))).length === 0;
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.stop(0)));
      await platform.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

/** Renderers whose renders wait at a gate until it is opened. */
export function gated(renderers: Renderers): Renderers & { open(): void; readonly arrived: Promise<void> } {
  const gate = Promise.withResolvers<void>();
  const arrival = Promise.withResolvers<void>();
  return {
    probe: (...args) => renderers.probe(...args),
    async render(plan, options) {
      arrival.resolve();
      const { signal } = options;
      const aborted = new Promise<never>((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
      await Promise.race([gate.promise, aborted]);
      return renderers.render(plan, options);
    },
    stats: () => renderers.stats(),
    close: () => renderers.close(),
    open: () => gate.resolve(),
    arrived: arrival.promise,
  };
}
