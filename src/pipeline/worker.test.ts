import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../failures.ts';
import { systemClock } from '../images/clock.ts';
import type { StoredImage } from '../images/image.ts';
import type { ObjectStore } from '../images/object-store.ts';
import { eraseImage } from '../retention/erase.ts';
import { parsePipeline } from './document.ts';
import { startRendererPool } from './renderer-pool.ts';
import type { Renderers } from './renderers.ts';
import { askReprocess } from './reprocess.ts';
import { gated, openWorkshop, TENANT, type Workshop } from './testing/workshop.ts';
import type { WorkEnded } from './worker-ports.ts';

const limits = { processes: 2, deadlineMs: 20_000, memoryBytes: 2 ** 30, maxRssBytes: 620 * 2 ** 20 };
const photo = fileURLToPath(new URL('../../samples/rocket.jpg', import.meta.url));

let renderers: Renderers;
let crashing: Renderers;
let folder: string;
let small: string;
let broken: string;
beforeAll(async () => {
  renderers = startRendererPool(limits);
  const entry = fileURLToPath(new URL('testing/crashing-renderer.ts', import.meta.url));
  crashing = startRendererPool({ ...limits, processes: 1, entry });
  folder = await mkdtemp(join(tmpdir(), 'darkroom-photos-'));
  small = join(folder, 'small.jpg');
  await sharp(photo).resize(200).withMetadata({ orientation: 6 }).toFile(small);
  broken = join(folder, 'broken.jpg');
  await sharp(photo).toFile(broken);
  await truncate(broken, 20_000);
});
afterAll(async () => {
  await Promise.all([renderers.close(), crashing.close()]);
  await rm(folder, { recursive: true });
});

let shop: Workshop;
beforeEach(async () => {
  shop = await openWorkshop();
});
afterEach(async () => {
  await shop.close();
});

const idOf = ({ record }: StoredImage) => record.image_id;
const lettersAbout = async (imageId: string) => {
  const { letters } = await shop.platform.queue.deadLetters.list({ tenantId: TENANT, limit: 10 });
  return letters.filter(({ work }) => work.image_id === imageId);
};

describe('an image', () => {
  it('becomes ready, with everything in its record that was made of it', async () => {
    const ended: WorkEnded[] = [];
    const steps: string[] = [];
    let bytes = 0;
    const metrics = {
      stepEnded: ({ name }: { name: string }) => steps.push(name),
      workEnded: (work: WorkEnded) => ended.push(work),
      bytesStored: (count: number) => {
        bytes += count;
      },
    };
    shop.startWorker(renderers, { metrics });
    const tags = { place: 'from the caller' };
    const imageId = idOf(await shop.bring(photo, { tags, pipeline: { name: 'default', version: 1 } }));
    const { record, generation, run } = await shop.untilStatus(imageId, 'ready');
    await shop.untilIdle();

    expect({ generation, run }).toEqual({ generation: 1 });
    expect(record.original).toMatchObject({ format: 'jpeg', width: 640, height: 427, pages: 1 });
    expect(record.variants.map(({ name, format, width }) => `${name} ${format} ${width}`).toSorted()).toEqual(
      [
        'large jpeg 640',
        'large webp 640',
        'medium jpeg 640',
        'medium webp 640',
        'thumbnail jpeg 256',
        'thumbnail webp 256',
      ],
    );
    const page = `https://pictures.example/i/${imageId}/dem%20Urlaub.final`;
    expect(record.processed_url).toBe(page);
    expect(record.variants.find(({ name, format }) => `${name} ${format}` === 'medium jpeg')?.url).toBe(
      `${page}.jpg?v=medium&fm=jpg&g=1`,
    );
    expect(record.placeholder?.thumbhash).toMatch(/^[A-Za-z0-9+/]{20,}=*$/);
    expect(record.steps.map(({ name }) => name)).toEqual(steps);
    expect(record.processed_at).toBeDefined();
    expect(await shop.keysOf(imageId)).toEqual(record.variants.map(({ key }) => key).toSorted());
    expect(await shop.events(imageId)).toEqual(['image.received', 'image.processing', 'image.ready']);
    expect(await shop.scratchIsEmpty()).toBe(true);
    expect(bytes).toBe(record.variants.reduce((sum, { size }) => sum + size, 0));
    expect(ended).toMatchObject([{ kind: 'run', lane: 'interactive', outcome: 'published' }]);
  });

  it("keeps its caller's own tags, and what it was before it was turned upright", async () => {
    shop.startWorker(renderers);
    const imageId = idOf(await shop.bring(small, { tags: { place: 'from the caller' } }));
    const { record } = await shop.untilStatus(imageId, 'ready');
    expect(record.tags).toEqual({ made_by: 'small', place: 'from the caller' });
    expect(record.original).toMatchObject({ width: 133, height: 200 });
    expect(record.metadata).toMatchObject({ orientation_before: 6 });
  });

  it('that is damaged is rejected, with the step that found it; nothing is left of the run', async () => {
    shop.startWorker(renderers);
    const imageId = idOf(await shop.bring(broken));
    const { record, run } = await shop.untilStatus(imageId, 'rejected');
    await shop.untilIdle();
    expect(record.error).toMatchObject({ code: 'image_corrupt' });
    expect(record.steps).toMatchObject([{ name: 'validate', status: 'failed', attempts: 1 }]);
    expect(run).toBeUndefined();
    expect(await shop.keysOf(imageId)).toEqual([]);
    expect(await shop.events(imageId)).toEqual(['image.received', 'image.processing', 'image.rejected']);
    expect(await lettersAbout(imageId)).toEqual([]);
  });

  it('whose pipeline is not there is rejected', async () => {
    shop.startWorker(renderers);
    const imageId = idOf(await shop.bring(small, { pipeline: { name: 'gone', version: 7 } }));
    const { record } = await shop.untilStatus(imageId, 'rejected');
    expect(record.error).toMatchObject({ code: 'pipeline_not_found' });
  });

  it('that was erased or never was: the message is done', async () => {
    shop.startWorker(renderers);
    await shop.skip(0);
    await shop.untilIdle();
  });
});

describe('an image that takes down its renderer', () => {
  it('fails with the third crash, each counted before the next try; a person can send it again', async () => {
    const worker = shop.startWorker(crashing);
    const imageId = idOf(await shop.bring(small));
    for (const crashes of [1, 2]) {
      const { record } = await shop.until(imageId, ({ run }) => run?.crashes === crashes);
      expect(record.status).toBe('processing');
      await untilDelayed();
      await shop.skip(60_000);
    }
    const { record, run } = await shop.untilStatus(imageId, 'failed');
    await shop.untilIdle();
    expect(record.error).toMatchObject({ code: 'renderer_crashed' });
    expect(record.steps.at(-1)).toMatchObject({ status: 'failed', attempts: 3 });
    expect(run).toBeUndefined();
    const [letter] = await lettersAbout(imageId);
    expect(letter).toMatchObject({ reason: { code: 'renderer_crashed' }, receives: 3 });

    await worker.stop(0);
    shop.startWorker(renderers);
    await shop.platform.queue.deadLetters.redrive(TENANT, letter?.id ?? '');
    const ready = await shop.untilStatus(imageId, 'ready');
    expect(ready.record.error).toBeUndefined();
    expect(await shop.events(imageId)).toEqual([
      ...['image.received', 'image.processing', 'image.failed'],
      ...['image.processing', 'image.ready'],
    ]);
  });
});

describe('trouble that may pass', () => {
  it('with storage is waited out, and uses up no attempt', async () => {
    let fullFor = 7;
    const objects = withPutFiles(shop.platform.objects, async (put) => {
      fullFor -= 1;
      if (fullFor >= 0) throw new Failure('storage_full', 'The disk is full.');
      await put();
    });
    shop.startWorker(renderers, { platform: { ...shop.platform, objects } });
    const imageId = idOf(await shop.bring(small));
    for (let left = 6; left >= 0; left -= 1) {
      await untilDelayed();
      await shop.skip(60_000);
    }
    const { record } = await shop.untilStatus(imageId, 'ready');
    expect(record.steps[0]?.attempts).toBe(1);
    expect(fullFor).toBe(-1);
  });

  it('of an unknown kind is tried five times; then the image has failed', async () => {
    let tries = 0;
    const objects = withPutFiles(shop.platform.objects, async () => {
      tries += 1;
      throw new Error('the disk smells of fire');
    });
    shop.startWorker(renderers, { platform: { ...shop.platform, objects } });
    const imageId = idOf(await shop.bring(small));
    for (const receives of [1, 2, 3, 4]) {
      await untilDelayed();
      expect(tries).toBe(receives);
      await shop.skip(60_000);
    }
    const { record } = await shop.untilStatus(imageId, 'failed');
    await shop.untilIdle();
    expect(record.error).toMatchObject({ code: 'internal' });
    expect(record.error?.message).not.toContain('fire');
    expect(tries).toBe(5);
    expect(await lettersAbout(imageId)).toHaveLength(1);
  });

  it('an original that was cut short is not taken for the picture that was uploaded', async () => {
    const { record } = await shop.bring(small);
    await shop.platform.objects.withLocalFile(record.original?.key ?? '', (path) => truncate(path, 4000));
    shop.startWorker(renderers);
    for (let tries = 1; tries < 5; tries += 1) {
      await untilDelayed();
      await shop.skip(60_000);
    }
    const failed = await shop.untilStatus(record.image_id, 'failed');
    expect(failed.record.error).toMatchObject({ code: 'object_damaged' });
  });
});

describe('two workers over one image', () => {
  it('publish once, where the first one lost its lease and does not know it', async () => {
    const slow = gated(renderers);
    const zombie = Promise.withResolvers<WorkEnded>();
    const metrics = { stepEnded() {}, bytesStored() {}, workEnded: zombie.resolve };
    shop.startWorker(slow, { concurrency: 1, metrics });
    const imageId = idOf(await shop.bring(small));
    await slow.arrived;
    shop.startWorker(renderers, { concurrency: 1 });
    await shop.skip(61_000);
    const ready = await shop.untilStatus(imageId, 'ready');
    slow.open();
    await shop.untilIdle();
    expect(await zombie.promise).toMatchObject({ outcome: 'nothing_to_do' });
    const after = await shop.platform.catalog.read(TENANT, imageId);
    expect(after).toEqual(ready);
    expect(await shop.events(imageId)).toEqual(['image.received', 'image.processing', 'image.ready']);
    expect(await shop.keysOf(imageId)).toEqual(ready.record.variants.map(({ key }) => key));
  });

  it('the one that learns of its loss gives up at once and touches nothing', async () => {
    const slow = gated(renderers);
    const ended = Promise.withResolvers<WorkEnded>();
    const queue = {
      ...shop.platform.queue,
      extend: async () => {
        throw new Failure('stale_write', 'The lease was lost.');
      },
    };
    const metrics = { stepEnded() {}, bytesStored() {}, workEnded: ended.resolve };
    shop.startWorker(slow, { platform: { ...shop.platform, queue }, leaseMs: 300, concurrency: 1, metrics });
    const imageId = idOf(await shop.bring(small));
    expect(await ended.promise).toMatchObject({ outcome: 'lease_lost' });
    expect((await shop.platform.catalog.read(TENANT, imageId))?.record.status).toBe('processing');
    expect(await shop.keysOf(imageId)).toEqual([]);
    expect(await shop.scratchIsEmpty()).toBe(true);
  });

  it('publish once, where the message was delivered three times at once', async () => {
    const imageId = idOf(await shop.bring(small));
    for (const dedupeId of ['again', 'and again']) {
      await shop.send({ kind: 'run', image_id: imageId, generation: 1 }, { dedupeId });
    }
    shop.startWorker(renderers, { concurrency: 3 });
    const ready = await shop.untilStatus(imageId, 'ready');
    await shop.untilIdle();
    await shop.send({ kind: 'run', image_id: imageId, generation: 1 }, { dedupeId: 'and much later' });
    await shop.untilIdle();
    expect(await shop.platform.catalog.read(TENANT, imageId)).toEqual(ready);
    expect(await shop.events(imageId)).toEqual(['image.received', 'image.processing', 'image.ready']);
  });
});

describe('an image that is processed again', () => {
  async function readyImage(): Promise<string> {
    const imageId = idOf(await shop.bring(small));
    await shop.untilStatus(imageId, 'ready');
    await shop.untilIdle();
    return imageId;
  }

  async function reprocess(imageId: string, steps: object[]): Promise<void> {
    await shop.platform.pipelines.put(TENANT, parsePipeline({ name: 'small', steps }));
    const order = { tenantId: TENANT, imageId };
    const { run } = await askReprocess({ ...shop.platform, clock: systemClock }, order);
    await shop.send({ kind: 'run', image_id: imageId, generation: run?.generation ?? 0 });
  }

  const smaller = [{ step: 'resize', variants: [{ name: 'tiny', width: 16 }] }];
  const stricter = [{ step: 'validate', max_megapixels: 0.001 }];

  it('stays readable until the new generation takes its place, and the old one goes', async () => {
    const first = shop.startWorker(renderers);
    const imageId = await readyImage();
    await first.stop(0);
    const before = await shop.keysOf(imageId);
    const slow = gated(renderers);
    shop.startWorker(slow);
    await reprocess(imageId, smaller);
    await slow.arrived;
    const during = await shop.platform.catalog.read(TENANT, imageId);
    expect(during).toMatchObject({ generation: 1, record: { status: 'ready' } });
    expect(during?.record.variants.map(({ key }) => key)).toEqual(before);
    slow.open();
    const after = await shop.until(imageId, ({ generation }) => generation === 2);
    await shop.untilIdle();
    expect(after.run).toBeUndefined();
    expect(after.record.variants.map(({ name }) => name)).toEqual(['tiny', 'tiny']);
    expect(await shop.keysOf(imageId)).toEqual(after.record.variants.map(({ key }) => key).toSorted());
  });

  it('keeps what it has where the new run fails; that is told in its steps and in the dead letters', async () => {
    shop.startWorker(renderers);
    const imageId = await readyImage();
    const before = await shop.keysOf(imageId);
    await reprocess(imageId, stricter);
    await shop.untilIdle();
    const after = await shop.platform.catalog.read(TENANT, imageId);
    expect(after).toMatchObject({ generation: 1, record: { status: 'ready' } });
    expect(after?.run).toEqual({
      generation: 2,
      crashes: 0,
      pipeline: { name: 'small', version: 2 },
      failed: true,
    });
    expect(after?.record.pipeline).toEqual({ name: 'small', version: 1 });
    expect(after?.record.error).toEqual({
      code: 'image_too_large',
      message: expect.stringMatching(/^The last reprocessing failed: /),
    });
    expect(after?.record.steps.at(-1)).toMatchObject({
      ...{ name: 'validate', status: 'failed', error: { code: 'image_too_large' } },
      note: 'generation 2 failed; generation 1 stays published',
    });
    expect(await shop.keysOf(imageId)).toEqual(before);
    expect(await lettersAbout(imageId)).toMatchObject([{ reason: { code: 'image_too_large' } }]);
    expect(await shop.events(imageId)).not.toContain('image.rejected');
  });

  it('shows the pipeline that made it, until that of another generation takes its place', async () => {
    const first = shop.startWorker(renderers);
    const imageId = await readyImage();
    await first.stop(0);
    await reprocess(imageId, smaller);
    const asked = await shop.platform.catalog.read(TENANT, imageId);
    expect(asked?.record.pipeline).toEqual({ name: 'small', version: 1 });
    shop.startWorker(renderers);
    const after = await shop.until(imageId, ({ generation }) => generation === 2);
    expect(after.record.pipeline).toEqual({ name: 'small', version: 2 });
  });

  it('is made by the pipeline that was asked for where its message comes back from the dead letters', async () => {
    const first = shop.startWorker(renderers);
    const imageId = await readyImage();
    await first.stop(0);
    const second = shop.startWorker(crashing);
    await reprocess(imageId, smaller);
    for (const crashes of [1, 2]) {
      await shop.until(imageId, ({ run }) => run?.crashes === crashes);
      await untilDelayed();
      await shop.skip(60_000);
    }
    await shop.until(imageId, ({ run }) => run?.failed === true);
    await shop.untilIdle();
    await second.stop(0);
    const failed = await shop.platform.catalog.read(TENANT, imageId);
    expect(failed).toMatchObject({
      generation: 1,
      record: { status: 'ready', pipeline: { version: 1 }, error: { code: 'renderer_crashed' } },
    });
    shop.startWorker(renderers);
    const [letter] = await lettersAbout(imageId);
    await shop.platform.queue.deadLetters.redrive(TENANT, letter?.id ?? '');
    const after = await shop.until(imageId, ({ generation }) => generation === 2);
    expect(after.record).toMatchObject({ status: 'ready', pipeline: { name: 'small', version: 2 } });
    expect(after.record.error).toBeUndefined();
    expect(after.record.variants.map(({ name }) => name)).toEqual(['tiny', 'tiny']);
  });

  it('gives no generation to two runs, and forgets the failure of one when another is asked for', async () => {
    const worker = shop.startWorker(renderers);
    const imageId = await readyImage();
    await reprocess(imageId, stricter);
    await shop.untilIdle();
    await worker.stop(0);
    await reprocess(imageId, smaller);
    const asked = await shop.platform.catalog.read(TENANT, imageId);
    expect(asked?.run).toEqual({ generation: 3, crashes: 0, pipeline: { name: 'small', version: 3 } });
    expect(asked?.record.error).toBeUndefined();
  });

  it('gains an output that was left for later, once', async () => {
    shop.startWorker(renderers);
    const imageId = await readyImage();
    const work = {
      kind: 'deferred',
      image_id: imageId,
      generation: 1,
      variant: 'thumbnail',
      format: 'avif',
    } as const;
    await Promise.all(['one', 'two'].map((dedupeId) => shop.send(work, { lane: 'background', dedupeId })));
    await shop.untilIdle();
    const { record } = (await shop.platform.catalog.read(TENANT, imageId)) as StoredImage;
    expect(record.variants.map(({ name, format }) => `${name} ${format}`)).toEqual([
      'thumbnail webp',
      'thumbnail avif',
    ]);
    expect(record.placeholder).toBeDefined();
    expect(await shop.keysOf(imageId)).toHaveLength(2);
    const events = await shop.events(imageId);
    expect(events.filter((type) => type === 'image.variant_added')).toHaveLength(1);
  });
});

describe('an image that is erased while it is worked on leaves nothing behind', () => {
  it.each(['while it is rendered', 'before its files are stored', 'after they are'])('%s', async (when) => {
    const slow = gated(renderers);
    const which = { tenantId: TENANT, imageId: '' };
    const eraseIf = async (moment: string) => {
      if (moment === when) await eraseImage({ ...shop.platform, clock: systemClock }, which);
    };
    const objects = withPutFiles(shop.platform.objects, async (put) => {
      await eraseIf('before its files are stored');
      await put();
      await eraseIf('after they are');
    });
    shop.startWorker(slow, { platform: { ...shop.platform, objects } });
    which.imageId = idOf(await shop.bring(small));
    await slow.arrived;
    await eraseIf('while it is rendered');
    slow.open();
    await shop.untilIdle();
    expect(await shop.platform.catalog.read(TENANT, which.imageId)).toBeUndefined();
    expect(await shop.keysOf(which.imageId)).toEqual([]);
    expect(await shop.events(which.imageId)).toEqual(['image.received', 'image.processing', 'image.erased']);
  });
});

describe('a worker that stops', () => {
  it('lets what is in hand come to its end', async () => {
    const slow = gated(renderers);
    const worker = shop.startWorker(slow);
    const imageId = idOf(await shop.bring(small));
    await slow.arrived;
    const stopping = worker.stop(10_000);
    slow.open();
    await stopping;
    expect((await shop.platform.catalog.read(TENANT, imageId))?.record.status).toBe('ready');
  });

  it('gives back what takes too long, as if it had never been received', async () => {
    const slow = gated(renderers);
    const worker = shop.startWorker(slow);
    const imageId = idOf(await shop.bring(small));
    await slow.arrived;
    await worker.stop(20);
    const { waiting, delayed, inFlight } = (await shop.platform.queue.depth()).interactive;
    expect([waiting + delayed, inFlight]).toEqual([1, 0]);
    expect(await shop.scratchIsEmpty()).toBe(true);
    shop.startWorker(renderers);
    const { record } = await shop.untilStatus(imageId, 'ready');
    expect(record.steps[0]?.attempts).toBe(1);
  });
});

function withPutFiles(
  objects: ObjectStore,
  around: (put: () => Promise<void>) => Promise<void>,
): ObjectStore {
  return { ...objects, putFiles: (...args) => around(() => objects.putFiles(...args)) };
}

async function untilDelayed(): Promise<void> {
  await expect
    .poll(async () => (await shop.platform.queue.depth()).interactive.delayed, { timeout: 5000 })
    .toBe(1);
}
