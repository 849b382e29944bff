import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../failures.ts';
import { parsePipeline } from '../pipeline/document.ts';
import type { Arrival, Intake } from './intake.ts';
import {
  HOUR,
  type House,
  inChunks,
  MAX_BYTES,
  OWNER,
  openHouse,
  sample,
  TENANT,
  withMethods,
} from './testing/house.ts';
import { codeOf } from './ways-in.contract.ts';

let house: House;
let cat: Buffer;

beforeEach(async () => {
  house = await openHouse();
  cat = await sample('chelsea.png');
});

afterEach(() => house.close());

function arrival(parts: Partial<Arrival> = {}): Arrival {
  return { ...OWNER, source: 'direct', filename: 'cat.png', body: inChunks(cat), ...parts };
}

async function receive(intake: Intake, parts?: Partial<Arrival>) {
  return (await intake.receive(arrival(parts))).stored.record;
}

describe('the limits of a pipeline and of a way', () => {
  const nothing = { objects: [], partials: [], files: [] };

  beforeEach(async () => {
    await house.platform.pipelines.put(
      TENANT,
      parsePipeline({
        name: 'small',
        retention: '2h',
        steps: [{ step: 'validate', formats: ['jpeg'], max_bytes: 200_000 }],
      }),
    );
  });

  it('a pipeline that does not exist takes nothing', async () => {
    expect(await codeOf(receive(house.intake, { pipeline: 'nope' }))).toBe('pipeline_not_found');
    expect(await house.bytesLeft()).toEqual(nothing);
  });

  it('a format that the pipeline does not take is refused at the door', async () => {
    const refused = receive(house.intake, { pipeline: 'small' });
    await expect(refused).rejects.toMatchObject({ code: 'unsupported_format' });
    await expect(refused).rejects.toThrow('It is png. Accepted are jpeg');
  });

  it('a file that is too large for the pipeline is refused, declared or not', async () => {
    const hubble = await sample('hubble_deep_field.jpg');
    for (const size of [{ size: hubble.length }, {}]) {
      const refused = receive(house.intake, { pipeline: 'small', body: inChunks(hubble), ...size });
      await expect(refused).rejects.toMatchObject({ code: 'file_too_large' });
      await expect(refused).rejects.toThrow('200000');
    }
    expect(await house.bytesLeft()).toEqual(nothing);
  });

  it('the pipeline says how long the image lives, and which version it was', async () => {
    const record = await receive(house.intake, {
      pipeline: 'small',
      body: inChunks(await sample('rocket.jpg')),
    });
    expect(Date.parse(record.expires_at) - Date.parse(record.upload_time)).toBe(2 * HOUR);
    expect(record.pipeline).toEqual({ name: 'small', version: 1 });
  });

  it.each([
    ['direct', 'file_too_large'],
    ['batch', 'none'],
  ] as const)('the body of a request may be smaller than what comes by %s', async (source, code) => {
    const intake = house.intakeWith({ maxDirectUploadBytes: 100_000 });
    expect(await codeOf(receive(intake, { source }))).toBe(code);
  });

  it('an undeclared body without end is refused at its first byte too many', async () => {
    let read = 0;
    async function* endless() {
      for (yield cat; read < 10_000_000; read += 1_000) yield Buffer.alloc(1_000);
    }
    expect(await codeOf(receive(house.intake, { body: endless() }))).toBe('file_too_large');
    expect(cat.length + read).toBeLessThanOrEqual(MAX_BYTES + 1_000);
    expect(await house.bytesLeft()).toEqual(nothing);
  });

  it.each([
    [MAX_BYTES, 'none'],
    [MAX_BYTES + 1, 'file_too_large'],
  ])('an undeclared body of %i bytes: %s', async (length, code) => {
    const bytes = Buffer.concat([cat, Buffer.alloc(length - cat.length)]);
    expect(await codeOf(receive(house.intake, { body: inChunks(bytes) }))).toBe(code);
  });

  it('a size that is too large is refused before a byte is read', async () => {
    let read = 0;
    async function* body() {
      read += 1;
      yield cat;
    }
    expect(await codeOf(receive(house.intake, { body: body(), size: 10_000_000_000 }))).toBe(
      'file_too_large',
    );
    expect(read).toBe(0);
  });
});

describe('a sender', () => {
  it('is told to stop as soon as its file is refused', async () => {
    let isStopped = false;
    async function* text() {
      try {
        for (let n = 0; n < 10_000; n += 1) yield Buffer.from('no picture '.repeat(100));
      } finally {
        isStopped = true;
      }
    }
    expect(await codeOf(receive(house.intake, { body: text() }))).toBe('unsupported_format');
    await expect.poll(() => isStopped).toBe(true);
  });

  it.each([
    ['before its first byte', Buffer.alloc(0)],
    ['in the middle', undefined],
  ])('who goes silent %s holds up nothing once nobody waits', async (_, first) => {
    const leaving = new AbortController();
    async function* stalled() {
      yield first ?? cat.subarray(0, 100_000);
      leaving.abort();
      await new Promise(() => {});
    }
    const receiving = receive(house.intake, { body: stalled(), signal: leaving.signal });
    expect(await codeOf(receiving)).toBe('upload_interrupted');
    expect(await house.bytesLeft()).toEqual({ objects: [], partials: [], files: [] });
  });

  it('is not read faster than its bytes are stored', async () => {
    let [sent, stored, mostAhead] = [0, 0, 0];
    async function* body() {
      for (const chunk of [cat.subarray(0, 1_000), ...Array<Buffer>(500).fill(Buffer.alloc(1_000))]) {
        sent += chunk.length;
        mostAhead = Math.max(mostAhead, sent - stored);
        yield chunk;
      }
    }
    const objects = withMethods(house.platform.objects, {
      async put(_key, bytes) {
        for await (const chunk of bytes) {
          await new Promise(setImmediate);
          stored += chunk.length;
        }
        return { size: stored, sha256: '0'.repeat(64) };
      },
    });
    await receive(house.intakeWith({ objects }), { body: body() });
    expect(stored).toBe(501_000);
    expect(mostAhead).toBeLessThanOrEqual(2_000);
  });

  it('may repeat its request at the same time, and many times: there is one image', async () => {
    const landed = await Promise.all(
      Array.from({ length: 8 }, () => house.intake.receive(arrival({ idempotencyKey: 'k' }))),
    );
    expect(landed.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(landed.map(({ stored }) => stored.record.image_id)).size).toBe(1);
    expect((await house.bytesLeft()).objects).toHaveLength(1);
  });

  it.each([
    ['another name', { filename: 'dog.png' }],
    ['other tags', { tags: { a: 'b' } }],
    ['another pipeline', { pipeline: 'default' }],
  ])('may not use its key for a request with %s', async (_, parts) => {
    await receive(house.intake, { idempotencyKey: 'k' });
    expect(await codeOf(receive(house.intake, { idempotencyKey: 'k', ...parts }))).toBe(
      'idempotency_conflict',
    );
    expect((await house.bytesLeft()).objects).toHaveLength(1);
  });

  it('may write its tags in another order', async () => {
    await receive(house.intake, { idempotencyKey: 'k', tags: { a: '1', b: '2' } });
    expect(await codeOf(receive(house.intake, { idempotencyKey: 'k', tags: { b: '2', a: '1' } }))).toBe(
      'none',
    );
  });

  it.each([[''], ['k'.repeat(256)]])('may not use "%s" as a key', async (idempotencyKey) => {
    expect(await codeOf(receive(house.intake, { idempotencyKey }))).toBe('invalid_request');
  });
});

describe('a catalog that fails', () => {
  const broken = () => Promise.reject(new Failure('storage_unavailable', 'no'));

  it('leaves no bytes behind', async () => {
    const catalog = withMethods(house.platform.catalog, { create: broken });
    expect(await codeOf(receive(house.intakeWith({ catalog })))).toBe('storage_unavailable');
    expect((await house.bytesLeft()).objects).toEqual([]);
    expect(house.wakes()).toBe(0);
  });

  it('after its commit has not failed: the image is there', async () => {
    const catalog = withMethods(house.platform.catalog, {
      async create(image, options) {
        await house.platform.catalog.create(image, options);
        return await broken();
      },
    });
    const record = await receive(house.intakeWith({ catalog }));
    expect((await house.bytesLeft()).objects).toEqual([record.original?.key]);
    expect(house.wakes()).toBe(1);
  });

  it('and cannot say whether it committed keeps the bytes: an orphan is mended, a lost original is not', async () => {
    const catalog = withMethods(house.platform.catalog, { create: broken, read: broken });
    expect(await codeOf(receive(house.intakeWith({ catalog })))).toBe('storage_unavailable');
    expect((await house.bytesLeft()).objects).toHaveLength(1);
  });
});

it('a full disk is said to be full', async () => {
  const full = () => Promise.reject(new Failure('storage_full', 'full'));
  const objects = withMethods(house.platform.objects, { put: full });
  expect(await codeOf(receive(house.intakeWith({ objects })))).toBe('storage_full');
});

it('a large file takes no memory', async () => {
  const size = 200_000_000;
  await house.platform.pipelines.put(
    TENANT,
    parsePipeline({ name: 'large', steps: [{ step: 'validate', max_bytes: size }] }),
  );
  const intake = house.intakeWith({ maxUploadBytes: size });
  const chunk = Buffer.alloc(65_536);
  let peak = 0;
  async function* body() {
    yield cat;
    for (let sent = cat.length; sent < size; sent += chunk.length) {
      yield chunk.subarray(0, Math.min(chunk.length, size - sent));
      peak = Math.max(peak, process.memoryUsage.rss());
    }
  }
  const before = process.memoryUsage.rss();
  const record = await receive(intake, { source: 'batch', pipeline: 'large', body: body(), size });
  expect(record.original?.size).toBe(size);
  expect(peak - before).toBeLessThan(100_000_000);
});
