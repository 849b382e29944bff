import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../failures.ts';
import { type House, OWNER, openHouse, sample } from '../testing/house.ts';
import { bodyOf, waysInContract } from '../ways-in.contract.ts';
import { parseBucketRules, RULE_TAG } from './bucket-rules.ts';
import type { ObjectCreated } from './object-events.ts';
import { createObjectTaking, type DroppedObjects } from './take-object.ts';

const anywhere = new AbortController().signal;

/** A bucket in memory, which goes by keys and the hashes of what is under them. */
function openBucket() {
  const objects = new Map<string, Uint8Array>();
  const etagOf = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');
  const isSame = ({ key, etag }: ObjectCreated) => {
    const bytes = objects.get(key);
    return bytes !== undefined && etagOf(bytes) === etag;
  };
  let sequencer = 0;
  let fault: Failure | undefined;
  const dropped: DroppedObjects = {
    async open(object) {
      if (fault) throw fault;
      const bytes = objects.get(object.key);
      if (bytes === undefined || !isSame(object)) return undefined;
      return { size: bytes.length, body: bodyOf({ filename: '', bytes }) };
    },
    async remove(object) {
      if (isSame(object)) objects.delete(object.key);
    },
  };
  return {
    objects,
    dropped,
    fail(failure: Failure | undefined) {
      fault = failure;
    },
    put(key: string, bytes: Uint8Array): ObjectCreated {
      objects.set(key, bytes);
      sequencer += 1;
      const [etag, order] = [etagOf(bytes), sequencer.toString(16)];
      return { bucket: 'drop', key, size: bytes.length, etag, sequencer: order };
    },
  };
}

function openTaking(house: House, bucket: ReturnType<typeof openBucket>, rule: object = {}) {
  return createObjectTaking({
    intake: house.intake,
    rules: parseBucketRules([{ name: 'all', bucket: 'drop', ...rule }]),
    dropped: bucket.dropped,
    placeOf: ({ bucket: name, key }) =>
      name === 'own' ? { tenantId: OWNER.tenantId, imageId: key } : undefined,
  });
}

waysInContract(
  'an object in a bucket',
  async (house) => {
    const bucket = openBucket();
    return {
      source: 'bucket',
      async bring(file) {
        const { dropped } = bucket;
        const open: DroppedObjects['open'] = async (object, signal) => {
          const opened = await dropped.open(object, signal);
          return opened && { ...opened, body: bodyOf(file) };
        };
        const shown = { ...bucket, dropped: { ...dropped, open } };
        const take = openTaking(house, shown, { tags: file.tags ?? {} });
        const outcome = await take(bucket.put(`in/${file.filename}`, file.bytes), anywhere);
        if (outcome.what === 'refused') throw outcome.failure;
        if (outcome.what === 'passed over') throw new Error(outcome.why);
        const stored = await house.platform.catalog.read(OWNER.tenantId, outcome.imageId);
        if (!stored) throw new Error('there is no such image');
        return stored.record;
      },
    };
  },
  {
    cannot: {
      declare: 'an object says nothing but itself',
      'name its request': 'the object itself is the name of the request: see below',
      'break off': 'an object is there as a whole or not at all',
      'use any name': 'a slash in a key makes a folder: see object-events.test.ts',
    },
  },
);

describe('an object in a bucket', () => {
  let house: House;
  let bucket: ReturnType<typeof openBucket>;
  let cat: Buffer;
  let astronaut: Buffer;
  beforeEach(async () => {
    house = await openHouse();
    bucket = openBucket();
    [cat, astronaut] = await Promise.all([sample('chelsea.png'), sample('astronaut.png')]);
  });
  afterEach(() => house.close());

  const taking = (rule: object = {}) => openTaking(house, bucket, rule);
  const filenames = async () => (await house.images()).map(({ record }) => record.original?.filename).sort();

  it('becomes one image, however often its event comes', async () => {
    const event = bucket.put('a/cat.png', cat);
    const outcomes = [];
    for (const take of [taking(), taking()]) {
      outcomes.push((await take(event, anywhere)).what, (await take(event, anywhere)).what);
    }
    expect(outcomes).toEqual(['taken', 'repeated', 'repeated', 'repeated']);
    expect(await filenames()).toEqual(['cat.png']);
  });

  it('that was replaced is told of by its last event, in whatever order they come', async () => {
    const first = bucket.put('cat.png', cat);
    const second = bucket.put('cat.png', astronaut);
    const take = taking();
    expect(await take(second, anywhere)).toMatchObject({ what: 'taken' });
    expect(await take(first, anywhere)).toEqual({ what: 'passed over', why: 'outdated' });
    expect(await taking()(first, anywhere)).toEqual({ what: 'passed over', why: 'gone or replaced' });
    expect(await house.images()).toHaveLength(1);
  });

  it('of the same bytes, dropped a second time, is a second image', async () => {
    const take = taking();
    await take(bucket.put('cat.png', cat), anywhere);
    await take(bucket.put('cat.png', cat), anywhere);
    expect(await house.images()).toHaveLength(2);
  });

  it('goes with its image where the rule says so, and stays where it could not be one', async () => {
    const take = taking({ delete: true });
    await take(bucket.put('cat.png', cat), anywhere);
    const outcome = await take(bucket.put('notes.txt', Buffer.from('no picture at all')), anywhere);
    expect(outcome).toMatchObject({ what: 'refused', failure: { code: 'unsupported_format' } });
    expect([...bucket.objects.keys()]).toEqual(['notes.txt']);
  });

  it('carries the name of its rule where results are to be put beside it', async () => {
    const tags = { team: 'studio' };
    const take = taking({ tags, processed: { bucket: 'results' } });
    await take(bucket.put('cat.png', cat), anywhere);
    const [image] = await house.images();
    expect(image?.record.tags).toEqual({ ...tags, [RULE_TAG]: 'all' });
  });

  it.each([
    ['a folder that a console has made', 'in/'],
    ['one that no rule names', 'elsewhere/cat.png'],
  ])('is passed over: %s', async (_, key) => {
    const outcome = await taking({ prefix: 'in/' })(bucket.put(key, cat), anywhere);
    expect(outcome).toEqual({ what: 'passed over', why: 'no rule' });
  });

  it('comes again where the store is away', async () => {
    const event = bucket.put('cat.png', cat);
    const take = taking();
    bucket.fail(new Failure('storage_unavailable', 'away'));
    await expect(take(event, anywhere)).rejects.toMatchObject({ code: 'storage_unavailable' });
    bucket.fail(undefined);
    expect(await take(event, anywhere)).toMatchObject({ what: 'taken' });
  });

  it('in the place of an upload completes it, once', async () => {
    const { stored } = await house.intake.reserve({
      ...OWNER,
      source: 'signed_upload',
      request: { filename: 'cat.png', size: cat.length },
    });
    const { image_id: imageId } = stored.record;
    const attributes = { contentType: 'image/png' };
    await house.platform.objects.put(
      `raw/${OWNER.tenantId}/${imageId}`,
      bodyOf({ filename: '', bytes: cat }),
      {
        attributes,
      },
    );
    const event = { bucket: 'own', key: imageId };
    expect(await taking()(event, anywhere)).toEqual({ what: 'taken', imageId });
    expect(await taking()(event, anywhere)).toEqual({ what: 'repeated', imageId });
    expect(await house.statuses()).toEqual(['received']);
  });

  it('in a place that nobody was given is refused', async () => {
    const event = { bucket: 'own', key: '01890a5d-ac96-774b-bcce-b302099a8057' };
    expect(await taking()(event, anywhere)).toMatchObject({ what: 'refused' });
  });
});
