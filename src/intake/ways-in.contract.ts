import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nastyNames } from '../../test/hostile/nasty-names.ts';
import { Failure, type FailureCode } from '../failures.ts';
import { laneBySource } from '../images/events.ts';
import type { ImageRecord, Source, Tags } from '../images/image.ts';
import { fingerprint } from './body.ts';
import { MAX_FILENAME_BYTES } from './file-name.ts';
import {
  brokenAfter,
  HOUR,
  type House,
  inChunks,
  MAX_BYTES,
  openHouse,
  PUBLIC_URL,
  sample,
  sha256,
  TENANT,
} from './testing/house.ts';

/** A file as a sender brings it by this way. */
export interface Bringing {
  readonly filename: string;
  readonly bytes: Uint8Array;
  /** what is sent instead of all the bytes */
  readonly body?: AsyncIterable<Uint8Array>;
  /** what the sender says of it; the truth where absent, nothing at all for a size of `unsaid` */
  readonly size?: number | 'unsaid';
  readonly sha256?: string;
  readonly tags?: Tags;
  /** names the request, so that it can be repeated */
  readonly key?: string;
}

/** One way in, driven as its senders do. */
export interface WayIn {
  readonly source: Source;
  /** @throws Failure with the code that the sender gets to see */
  bring(file: Bringing): Promise<ImageRecord>;
  close?(): Promise<void>;
}

export interface WayInTraits {
  /** What this way has no words for, each with the reason: those cases are skipped. */
  readonly cannot?: Partial<
    Record<'declare' | 'name its request' | 'break off' | 'tag' | 'use any name', string>
  >;
  /** a broken body leaves the bytes that came, to go on from */
  readonly resumes?: boolean;
}

/** What every way in has to do, whatever its protocol. */
export function waysInContract(
  name: string,
  open: (house: House) => Promise<WayIn>,
  traits: WayInTraits = {},
): void {
  const { cannot = {}, resumes = false } = traits;
  const unless = (what: keyof typeof cannot) => (cannot[what] === undefined ? it : it.skip);
  const because = (what: keyof typeof cannot) => (cannot[what] === undefined ? '' : ` (${cannot[what]})`);

  describe(`${name} keeps the contract of the ways in`, () => {
    let house: House;
    let way: WayIn;
    let cat: Buffer;

    beforeEach(async () => {
      house = await openHouse();
      way = await open(house);
      cat = await sample('chelsea.png');
    });

    afterEach(async () => {
      await way.close?.();
      await house.close();
    });

    /** No bytes anywhere, and no record that claims to have some. */
    async function expectNothingLeft(): Promise<void> {
      expect(await house.bytesLeft()).toEqual({ objects: [], partials: [], files: [] });
      const ended = new Set(await house.statuses());
      expect([...ended].filter((status) => status !== 'awaiting_upload' && status !== 'rejected')).toEqual(
        [],
      );
      for (const { record } of await house.images()) expect(record.original).toBeUndefined();
      expect((await house.events()).filter(({ type }) => type === 'image.received')).toEqual([]);
    }

    async function expectRefused(file: Bringing, ...codes: FailureCode[]): Promise<void> {
      expect(codes).toContain(await codeOf(way.bring(file)));
      await expectNothingLeft();
    }

    it('the bytes are stored before the record says so', async () => {
      const record = await way.bring({ filename: 'cat.png', bytes: cat });
      const { stream, size } = await house.platform.objects.read(record.original?.key ?? '');
      expect(size).toBe(cat.length);
      expect((await fingerprint(stream)).sha256).toBe(sha256(cat));
    });

    it('the record is the same by every way', async () => {
      const before = house.clock.now();
      const record = await way.bring({ filename: 'cat.png', bytes: cat });
      const { image_id, upload_time, expires_at, ...rest } = record;
      expect(rest).toEqual({
        tenant_id: TENANT,
        user_id: 'owner',
        status: 'received',
        source: way.source,
        original: {
          key: `raw/${TENANT}/${image_id}`,
          filename: 'cat.png',
          content_type: 'image/png',
          format: 'png',
          size: 240_512,
          sha256: sha256(cat),
          url: `${PUBLIC_URL}/v1/image/${image_id}/original`,
        },
        variants: [],
        metadata: {},
        steps: [],
        tags: {},
        pipeline: { name: 'default', version: 1 },
      });
      expect(Date.parse(upload_time)).toBeGreaterThanOrEqual(before);
      expect(Date.parse(expires_at) - Date.parse(upload_time)).toBe(7 * 24 * HOUR);
    });

    it('the event that starts the processing is in the outbox, in its lane, and the relay was woken', async () => {
      const record = await way.bring({ filename: 'cat.png', bytes: cat });
      const events = (await house.platform.events.undelivered(10)).filter(
        ({ type }) => type === 'image.received',
      );
      expect(events).toMatchObject([
        {
          imageId: record.image_id,
          tenantId: TENANT,
          status: 'received',
          generation: 1,
          lane: laneBySource[way.source],
        },
      ]);
      expect(house.wakes()).toBeGreaterThan(0);
    });

    it('nothing but the image is left on disk', async () => {
      const record = await way.bring({ filename: 'cat.png', bytes: cat });
      expect(await house.bytesLeft()).toEqual({ objects: [record.original?.key], partials: [], files: [] });
    });

    it('the same bytes twice are two images', async () => {
      const first = await way.bring({ filename: 'cat.png', bytes: cat });
      const second = await way.bring({ filename: 'cat.png', bytes: cat });
      expect(second.image_id).not.toBe(first.image_id);
      expect(second.original?.sha256).toBe(first.original?.sha256);
    });

    unless('tag')(`tags come along${because('tag')}`, async () => {
      const tags = { team: 'web', 'camera.lens': '35 mm, f/2 = sharp' };
      expect((await way.bring({ filename: 'cat.png', bytes: cat, tags })).tags).toEqual(tags);
    });

    it('the type is what the bytes say, whatever the name', async () => {
      for (const filename of ['cat.jpg', 'cat.html', 'cat']) {
        const record = await way.bring({ filename, bytes: cat });
        expect(record.original).toMatchObject({ filename, format: 'png', content_type: 'image/png' });
      }
    });

    it('what is no picture is refused, whatever its name', async () => {
      for (const [content, bytes] of Object.entries(notPictures)) {
        expect(await codeOf(way.bring({ filename: 'photo.jpg', bytes })), content).toBe('unsupported_format');
        await expectNothingLeft();
      }
    });

    it('refuses an empty file', async () => {
      await expectRefused({ filename: 'photo.jpg', bytes: Buffer.alloc(0) }, 'empty_file');
    });

    it('takes a file of just the most bytes, and not one byte more', async () => {
      const most = Buffer.concat([cat, Buffer.alloc(MAX_BYTES - cat.length)]);
      await expectRefused(
        { filename: 'photo.png', bytes: Buffer.concat([most, Buffer.of(0)]) },
        'file_too_large',
      );
      expect((await way.bring({ filename: 'photo.png', bytes: most })).original?.size).toBe(MAX_BYTES);
    });

    it('reads no further than the limit of a body that has no end', async () => {
      let read = 0;
      async function* endless() {
        yield cat;
        for (const zeros = Buffer.alloc(16_384); read < 10_000_000; read += zeros.length) yield zeros;
      }
      const size = cannot.declare === undefined ? MAX_BYTES : 'unsaid';
      const file = { filename: 'photo.png', bytes: cat, body: endless(), size } as const;
      expect(['file_too_large', 'length_mismatch']).toContain(await codeOf(way.bring(file)));
      if (!resumes) await expectNothingLeft();
      expect(cat.length + read).toBeLessThan(MAX_BYTES + 200_000);
    });

    unless('declare').each([
      ['a byte less came than declared', 1, 'length_mismatch'],
      ['a byte more came than declared', -1, 'length_mismatch'],
    ] as const)(`%s${because('declare')}`, async (_, difference, code) => {
      const file = { filename: 'cat.png', bytes: cat, size: cat.length + difference };
      // In pieces, bytes that are missing are simply awaited, and those beyond the end have their own status.
      if (resumes) return expect(await codeOf(way.bring(file))).toMatch(/upload_interrupted|file_too_large/);
      await expectRefused(file, code);
    });

    unless('declare')(`refuses other bytes than were declared${because('declare')}`, async () => {
      await expectRefused(
        { filename: 'cat.png', bytes: cat, sha256: sha256(Buffer.of(1)) },
        'checksum_mismatch',
      );
    });

    unless('declare')(`takes the bytes that were declared${because('declare')}`, async () => {
      const record = await way.bring({ filename: 'cat.png', bytes: cat, sha256: sha256(cat) });
      expect(record.original?.sha256).toBe(sha256(cat));
    });

    unless('break off').each([
      ['before the first byte', 0],
      ['inside the signature', 5],
      ['in the middle', 120_000],
      ['one byte before the end', 240_511],
    ])(`a body that breaks off %s${because('break off')}`, async (_, length) => {
      const file = { filename: 'cat.png', bytes: cat, body: brokenAfter(cat, length) };
      expect(await codeOf(way.bring(file))).toBe('upload_interrupted');
      if (!resumes) await expectNothingLeft();
      expect((await house.bytesLeft()).objects).toEqual([]);
      expect(await house.statuses()).not.toContain('received');
    });

    unless('name its request')(
      `a repeated request answers the first image${because('name its request')}`,
      async () => {
        const file = { filename: 'cat.png', bytes: cat, key: 'request 1' };
        const first = await way.bring(file);
        const second = await way.bring(file);
        expect(second).toEqual(first);
        expect(await house.images()).toHaveLength(1);
        expect((await house.bytesLeft()).objects).toEqual([first.original?.key]);
        expect((await house.events()).filter(({ type }) => type === 'image.received')).toHaveLength(1);
      },
    );

    unless('name its request')(
      `another request under the same name is refused${because('name its request')}`,
      async () => {
        const first = await way.bring({ filename: 'cat.png', bytes: cat, key: 'request 1' });
        const other = { filename: 'dog.png', bytes: cat.subarray(0, 100_000), key: 'request 1' };
        expect(await codeOf(way.bring(other))).toBe('idempotency_conflict');
        expect((await house.bytesLeft()).objects).toEqual([first.original?.key]);
      },
    );

    unless('use any name')(`nasty names stay data${because('use any name')}`, async () => {
      for (const [attack, filename] of Object.entries(nastyNames)) {
        const { original } = await way.bring({ filename, bytes: cat });
        const kept = original?.filename ?? '';
        expect(kept, attack).not.toMatch(/[\p{Cc}/\\\u202a-\u202e]/u);
        expect(kept, attack).not.toMatch(/^(\.|\.\.|)$/);
        expect(Buffer.byteLength(kept), attack).toBeLessThanOrEqual(MAX_FILENAME_BYTES);
        expect(kept.isWellFormed(), attack).toBe(true);
      }
      const keys = (await house.images()).map(({ record }) => record.original?.key ?? '');
      expect(keys).toHaveLength(Object.keys(nastyNames).length);
      for (const key of keys) expect(key).toMatch(/^raw\/main\/[0-9a-f-]{36}$/);
      const { objects, files } = await house.bytesLeft();
      expect({ objects: objects.sort(), files }).toEqual({ objects: keys.sort(), files: [] });
    });

    it('many at once do not get in each other’s way', async () => {
      const files = await Promise.all(
        ['chelsea.png', 'rocket.jpg', 'coffee.png', 'hubble_deep_field.jpg'].map(sample),
      );
      const records = await Promise.all(
        Array.from({ length: 12 }, (_, n) => way.bring({ filename: `${n}.img`, bytes: files[n % 4] ?? cat })),
      );
      expect(records.map(({ original }) => original?.sha256)).toEqual(
        records.map((_, n) => sha256(files[n % 4] ?? cat)),
      );
      expect(new Set(records.map(({ image_id }) => image_id)).size).toBe(12);
    });
  });
}

const notPictures = {
  'text named .jpg': Buffer.from('just some text\n'.repeat(1000)),
  'a page with script': Buffer.from('<!doctype html><script>alert(1)</script>'.padEnd(70_000)),
  SVG: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'),
  'a PDF': Buffer.from(`%PDF-1.7\n${' '.repeat(100)}`),
  'a single byte': Buffer.of(0xff),
  'most of a signature': Buffer.of(0x89, 0x50, 0x4e, 0x47),
};

/** The code of the failure that a promise ends in; `none` where it does not. */
export async function codeOf(promise: Promise<unknown>): Promise<FailureCode | 'none'> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}

/** What a driver sends: the body of the case, or all the bytes. */
export function bodyOf({ body, bytes }: Bringing): AsyncIterable<Uint8Array> {
  return body ?? inChunks(bytes);
}
