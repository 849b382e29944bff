import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { credentials, REGION } from '../../../test/cloud/servers/credentials.ts';
import { sharedServer } from '../../../test/cloud/shared-servers.ts';
import { type ControlledClock, createFakeClock } from '../../images/clock.contract.ts';
import type { ImageRecord, StoredImage } from '../../images/image.ts';
import { anEvent, anImage, changed } from '../../images/testing/images.ts';
import { openDynamoTable } from './dynamo-client.ts';
import { listImages } from './dynamo-image-list.ts';
import { type DynamoRecords, openDynamoRecords } from './dynamo-records.ts';
import { SHARDS } from './dynamo-shards.ts';
import { tableFaults } from './dynamo-table.ts';
import { createRequestCounts } from './request-counts.ts';
import { countUnits } from './testing/consumed-units.ts';
import { openTestTable, type TestTable } from './testing/test-table.ts';

// DynamoDB Local enforces conditions, transactions and indexes, and says what a request consumes.
const identity = { region: REGION, credentials };
const HOUR = 3_600_000;

let clock: ControlledClock;
let table: TestTable;
let records: DynamoRecords;
beforeEach(async () => {
  clock = createFakeClock();
  table = await openTestTable(await sharedServer('dynamodb-local'), identity);
  records = openDynamoRecords({ table, clock, settledMs: 1 });
});
afterEach(async () => {
  await records.close().catch(() => {});
  await table.close();
});

/** Has the next transactions answered by what `instead` does with the real answer. */
function onTransactions(instead: (answer: () => Promise<unknown>) => Promise<unknown>): void {
  table.client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        const answer = () => next(args);
        return (commandName === 'TransactWriteItemsCommand' ? instead(answer) : answer()) as ReturnType<
          typeof next
        >;
      },
    { step: 'initialize', name: 'fault', override: true },
  );
}

/** Calls `then` when so many queries have been answered. */
function afterQueries(count: number, then: () => void): void {
  let left = count;
  table.client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const answer = await next(args);
        if (commandName === 'QueryCommand' && --left === 0) then();
        return answer;
      },
    { step: 'initialize', name: 'queries' },
  );
}

function named(name: string): Error {
  return Object.assign(new Error(name), { name });
}

describe('a transaction whose answer is lost', () => {
  const loseFirstAnswer = () => {
    let isFirst = true;
    onTransactions(async (answer) => {
      const real = await answer();
      if (!isFirst) return real;
      isFirst = false;
      throw named('TimeoutError');
    });
  };

  it('has created the image once', async () => {
    const image = anImage(clock.now());
    loseFirstAnswer();
    const { created } = await records.catalog.create(image, {
      events: [anEvent(image, clock.now())],
      idempotency: { key: 'k', requestHash: 'h' },
    });
    expect(created).toBe(true);
    expect(await records.events.undelivered(10)).toHaveLength(1);
    expect(await records.usage.of('ours')).toEqual({ bytesStored: 0, imagesToday: 1 });
  });

  it('has changed the image once', async () => {
    const { stored } = await records.catalog.create(anImage(clock.now()));
    const next = changed(stored, { status: 'processing' });
    loseFirstAnswer();
    const written = await records.catalog.replace(stored, next, [
      anEvent(next, clock.now(), 'image.processing'),
    ]);
    expect(written.version).toBe(stored.version + 1);
    expect(await records.catalog.read('ours', stored.record.image_id)).toEqual(written);
    expect(await records.events.undelivered(10)).toHaveLength(1);
  });
});

describe('what passes', () => {
  it.each(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])(
    '%s is tried again',
    async (Code) => {
      let refusals = 3;
      onTransactions(async (answer) => {
        if (refusals === 0) return answer();
        refusals -= 1;
        throw Object.assign(named('TransactionCanceledException'), {
          CancellationReasons: [{ Code }, { Code: 'None' }],
        });
      });
      expect((await records.catalog.create(anImage(clock.now()))).created).toBe(true);
    },
  );

  it('is storage_unavailable where it does not pass', async () => {
    onTransactions(async () => {
      throw named('ThrottlingException');
    });
    await expect(records.catalog.create(anImage(clock.now()))).rejects.toMatchObject({
      code: 'storage_unavailable',
      extra: { retryAfterSeconds: 2 },
    });
  });

  it('is storage_unavailable where nobody answers', async () => {
    const nobody = openDynamoTable({ table: 'darkroom', endpoint: 'http://127.0.0.1:1' }, identity);
    const { catalog } = openDynamoRecords({ table: nobody, clock });
    await expect(catalog.read('ours', 'x')).rejects.toMatchObject({ code: 'storage_unavailable' });
    await expect(catalog.list('ours', { limit: 1 })).rejects.toMatchObject({ code: 'storage_unavailable' });
    await expect(catalog.create(anImage(clock.now()))).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(await tableFaults(nobody)).toEqual(['the database of records does not answer']);
  });
});

describe('events that several processes write', () => {
  it('are read in order, also where the first of them is written last', async () => {
    const [slow, quick] = [records, openDynamoRecords({ table, clock, settledMs: 1_500 })];
    const [first, second] = [anImage(clock.now()), anImage(clock.now())];
    const { stored } = await slow.catalog.create(first);
    const [sent, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    onTransactions(async (answer) => {
      sent.resolve();
      await held.promise;
      return answer();
    });
    const processing = changed(stored, { status: 'processing' });
    const event = anEvent(first, clock.now(), 'image.processing');
    const writing = slow.catalog.replace(stored, processing, [event]);
    // Its ids are of the moment in which it was sent.
    await sent.promise;
    table.client.middlewareStack.remove('fault');
    await clock.advance(5);
    await quick.catalog.create(second, { events: [anEvent(second, clock.now())] });
    // It gets through only when the log has been read without it.
    afterQueries(SHARDS.events, () => setTimeout(held.resolve, 100));
    const reading = quick.events.since('ours', undefined, 10);
    const types = (await reading).map(({ type }) => type);
    await writing;
    expect(types).toEqual(['image.processing', 'image.received']);
  });

  it('are handed on by any of them, and once where an index lags behind', async () => {
    const image = anImage(clock.now());
    await records.catalog.create(image, { events: [anEvent(image, clock.now())] });
    const other = openDynamoRecords({ table, clock });
    const told = await records.events.undelivered(10);
    await other.events.delivered(told.map(({ id }) => id));
    expect(await records.events.undelivered(10)).toEqual([]);
    expect(await other.events.undelivered(10)).toEqual([]);
  });
});

describe('records', () => {
  it('of the largest size there can be fit into an item', async () => {
    const words = (length: number, seed: number) =>
      Array.from({ length }, (_, at) =>
        String.fromCodePoint(0x4e00 + ((at * 7919 + seed * 104_729) % 20_000)),
      ).join('');
    const tags = Object.fromEntries(
      Array.from({ length: 50 }, (_, at) => [`${'n'.repeat(126)}${at + 10}`, words(256, at)]),
    );
    const metadata = Object.fromEntries(
      Array.from({ length: 13 }, (_, at) => [`m${at}`, words(500, 100 + at)]),
    );
    const steps: ImageRecord['steps'] = Array.from({ length: 64 }, (_, at) => ({
      ...{
        name: `step-${at}`,
        status: 'failed',
        started_at: '2026-01-01T00:00:00.000Z',
        duration_ms: at,
        attempts: 1,
      },
      error: { code: 'render_failed', message: words(500, 200 + at) },
    }));
    const image = anImage(clock.now(), { tags, metadata, steps });
    const events = Array.from({ length: 40 }, () => anEvent(image, clock.now()));
    const { stored } = await records.catalog.create(image, {
      events,
      idempotency: { key: 'k', requestHash: 'h' },
    });
    expect(await records.catalog.read('ours', stored.record.image_id)).toEqual(stored);
    const [tag] = Object.entries(tags);
    const found = await records.catalog.list('ours', {
      tags: Object.fromEntries([tag ?? ['', '']]),
      limit: 10,
    });
    expect(found.images).toEqual([stored]);
  });

  it.each(['x'.repeat(3_000), '', ' ', '\u0000'])('have no such id: %j', async (id) => {
    expect(await records.catalog.read('ours', id)).toBeUndefined();
    expect(await records.catalog.readForDelivery(id)).toBeUndefined();
    expect(await records.upkeep.readAny('ours', id)).toBeUndefined();
  });

  it('that filters pass over are looked at up to a bound, and the cursor goes on from there', async () => {
    const images: StoredImage[] = [];
    for (let at = 0; at < 25; at += 1) {
      const tags = at < 2 ? { a: '1', b: '1' } : { a: '1' };
      images.push(
        (await records.catalog.create(anImage(clock.now() + at, { status: 'ready', tags }))).stored,
      );
    }
    const list = (cursor?: string) => {
      const query = { tags: { a: '1', b: '1' }, limit: 1, ...(cursor !== undefined && { cursor }) };
      return listImages(table, clock, 'ours', query, 10);
    };
    const first = await list();
    expect(first).toEqual({ images: [], nextCursor: expect.any(String) });
    const second = await list(first.nextCursor);
    expect(second).toEqual({ images: [], nextCursor: expect.any(String) });
    const third = await list(second.nextCursor);
    expect(third).toEqual({ images: [images[1]], nextCursor: expect.any(String) });
    expect(await list(third.nextCursor)).toEqual({ images: [images[0]] });
  });
});

describe('the table', () => {
  it('is well, or says what is wrong', async () => {
    expect(await tableFaults(table)).toEqual([]);
    expect(await tableFaults({ ...table, name: 'another' })).toEqual(['the table of records does not exist']);
    const missing = openDynamoRecords({ table: { ...table, name: 'another' }, clock });
    await expect(missing.catalog.read('ours', 'x')).rejects.toThrow('DARKROOM_DYNAMODB_TABLE');
  });

  it('loses by itself what nobody swept, long after its time', async () => {
    const passing = await openTestTable(await sharedServer('dynamodb-local'), identity, { ttl: true });
    const present = { now: () => Date.now() };
    const { catalog, upkeep } = openDynamoRecords({ table: passing, clock: present });
    const expiring = (days: number) =>
      anImage(present.now(), { expires_at: new Date(present.now() + days * 24 * HOUR).toISOString() });
    const [unswept, expired] = [expiring(-31), expiring(-1)];
    for (const image of [unswept, expired]) await catalog.create(image);
    const find = (image: typeof unswept) => upkeep.readAny('ours', image.record.image_id);
    await expect.poll(() => find(unswept), { timeout: 30_000, interval: 500 }).toBeUndefined();
    expect(await find(expired)).toBeDefined();
    await passing.close();
  });
});

describe('an image costs', () => {
  it('no more requests and units than this, from its upload to its end', async () => {
    const counts = createRequestCounts();
    counts.watch(table.client);
    const units = countUnits(table.client);
    const bill: Record<string, Readonly<Record<string, number>>> = {};
    const note = (title: string) => {
      const { write, read } = units.total();
      bill[title] = { ...counts.counts(), write, read };
      counts.reset();
      units.reset();
    };
    const { catalog, events, upkeep } = records;
    // Once a day and tenant, not for each image.
    const early = anImage(clock.now());
    await catalog.create(early, { events: [anEvent(early, clock.now())] });
    await events.delivered((await events.undelivered(10)).map(({ id }) => id));
    counts.reset();
    units.reset();

    const original = {
      ...{ key: 'raw/ours/x', filename: 'DSC_0001.jpg', content_type: 'image/jpeg', format: 'jpeg' as const },
      ...{ size: 2_500_000, width: 6000, height: 4000, sha256: 'ab'.repeat(32), url: '/v1/image/x/original' },
    };
    const image = anImage(clock.now(), { original });
    const told = (next: typeof image, type: Parameters<typeof anEvent>[2]) => [
      anEvent(next, clock.now(), type),
    ];
    const { stored } = await catalog.create(image, { events: told(image, 'image.received') });
    note('received');
    const running = changed(stored, { status: 'processing' });
    const processing = await catalog.replace(stored, running, told(running, 'image.processing'));
    note('processing');
    const made = changed(processing, { status: 'ready', variants: sixVariants(), steps: sixSteps() });
    const ready = await catalog.replace(processing, made, told(made, 'image.ready'));
    note('ready');
    const outbox = await events.undelivered(100);
    await events.delivered(outbox.map(({ id }) => id));
    note('three events handed on');
    await catalog.read('ours', image.record.image_id);
    note('one read');
    const { original: _, ...bare } = ready.record;
    const gone = { generation: 1, record: { ...bare, status: 'expired' as const, variants: [], steps: [] } };
    await catalog.replace(ready, gone, told(gone, 'image.expired'));
    await upkeep.markPurged('ours', image.record.image_id);
    note('expired and purged');
    for (const [title, most] of Object.entries(MOST)) {
      // Once a second, a process writes what it has counted of states.
      const { UpdateItem = 0, write, ...rest } = bill[title] ?? {};
      expect.soft(rest, title).toEqual(most.requests);
      expect.soft(UpdateItem, title).toBeLessThanOrEqual(most.updates + 1);
      expect.soft(write, title).toBeLessThanOrEqual(most.write + 1);
    }
  });
});

/** As DynamoDB Local counts units, which charges indexes double within a transaction, too. */
const MOST: Readonly<
  Record<string, { requests: Readonly<Record<string, number>>; updates: number; write: number }>
> = {
  received: { requests: { TransactWriteItems: 1, read: 0 }, updates: 0, write: 18 },
  processing: { requests: { TransactWriteItems: 1, read: 0 }, updates: 0, write: 6 },
  ready: { requests: { TransactWriteItems: 1, read: 0 }, updates: 0, write: 12 },
  'three events handed on': { requests: { Query: 16, BatchWriteItem: 1, read: 0.5 }, updates: 0, write: 6 },
  'one read': { requests: { GetItem: 1, read: 1 }, updates: 0, write: 0 },
  'expired and purged': {
    requests: { TransactWriteItems: 1, GetItem: 2, read: 2 },
    updates: 1,
    write: 21,
  },
};

function sixVariants(): ImageRecord['variants'] {
  return ['thumbnail', 'medium', 'large'].flatMap((name, size) =>
    (['webp', 'jpeg'] as const).map((format) => ({
      ...{ name, format, key: `processed/ours/01997a2e-0000-7000-8000-000000000000/1/${name}.${format}` },
      ...{ width: 256 * 2 ** size, height: 170 * 2 ** size, size: 20_000 * 2 ** size },
      ...{ sha256: `${size}${format.length}`.padEnd(64, 'a0b1c2d3e4f5'), url: `/i/x?v=${name}&fm=${format}` },
    })),
  );
}

function sixSteps(): ImageRecord['steps'] {
  return ['validate', 'orient', 'resize', 'convert', 'placeholder', 'notify'].map((name) => ({
    ...{ name, status: 'done', started_at: '2026-01-01T00:00:00.000Z', duration_ms: 12.5, attempts: 1 },
  }));
}
