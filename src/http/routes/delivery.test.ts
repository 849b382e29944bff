import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../failures.ts';
import type { ImageRecord } from '../../images/image.ts';
import { newImageId } from '../../images/keys.ts';
import type { Platform } from '../../platform/platform.ts';
import { type House, openHouse, problemOf } from '../testing/house.ts';

let house: House;
let record: ImageRecord;
beforeAll(async () => {
  house = await openHouse();
  record = await house.upload('hubble_deep_field.jpg');
});
afterAll(() => house.close());

const MODERN = 'image/avif,image/webp,image/*,*/*;q=0.8';
const WEBP = 'image/webp,*/*;q=0.8';

function get(query = '', headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  return Promise.resolve(house.app.request(`/i/${record.image_id}${query}`, { method, headers }));
}

const typeOf = (response: Response) => response.headers.get('content-type');
const variant = (name: string, format: string) =>
  record.variants.find((it) => it.name === name && it.format === format);

describe('delivery of stored variants', () => {
  it.each([
    ['the largest, in the original family', '', '*/*', 'large', 'jpeg'],
    ['WebP to those who name it', '', WEBP, 'large', 'webp'],
    ['a variant by its name', '?v=thumbnail', WEBP, 'thumbnail', 'webp'],
    ['a format by its name', '?v=medium&fm=jpg', MODERN, 'medium', 'jpeg'],
    ['with any name in the path', '/any%20name.png?fm=webp', '*/*', 'large', 'webp'],
  ])('sends %s', async (_name, query, accept, name, format) => {
    const response = await get(query, { accept });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const expected = variant(name, format);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(expected?.sha256);
    expect(response.headers.get('etag')).toBe(`"${expected?.sha256}"`);
    expect(typeOf(response)).toBe(`image/${format}`);
    const facts = await sharp(bytes).metadata();
    expect([facts.format, facts.width, facts.height]).toEqual([format, expected?.width, expected?.height]);
  });

  it('says how it may be kept and what it is', async () => {
    const negotiated = await get('', { accept: WEBP });
    expect(Object.fromEntries(negotiated.headers)).toMatchObject({
      vary: 'Accept',
      'cache-control': 'public, max-age=3600, stale-while-revalidate=600',
      'content-disposition': 'inline; filename="processed_hubble_deep_field.webp"',
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'bytes',
    });
    expect(negotiated.headers.get('set-cookie')).toBeNull();
    const pinned = await get('?v=large&fm=jpg&g=1');
    expect(pinned.headers.get('vary')).toBeNull();
    expect(pinned.headers.get('cache-control')).toMatch(/^public, max-age=60\d{4}, immutable$/);
  });

  it.each(['?v=large&fm=jpg', '?v=large&fm=jpg&g=2', '?v=large&fm=jpg&g=1&g=1', '?v=large&fm=jpg&g=x'])(
    'may not be kept for ever where the URL does not name what is there: %s',
    async (query) => {
      expect((await get(query)).headers.get('cache-control')).not.toContain('immutable');
    },
  );

  it('is a download under the name that is wished', async () => {
    const named = await get('?fm=webp&dl=n%C3%A4me.jpg');
    expect(named.headers.get('content-disposition')).toBe(
      `attachment; filename="n_me.webp"; filename*=UTF-8''n%C3%A4me.webp`,
    );
    const usual = await get('?fm=webp&dl=');
    expect(usual.headers.get('content-disposition')).toBe(
      'attachment; filename="processed_hubble_deep_field.webp"',
    );
  });

  it('is not sent again to those who have it', async () => {
    const tag = (await get('', { accept: WEBP })).headers.get('etag') ?? '';
    const again = await get('', { accept: WEBP, 'if-none-match': `W/"x", ${tag}` });
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect(again.headers.get('vary')).toBe('Accept');
    expect(again.headers.get('cache-control')).toContain('max-age');
    expect((await get('', { accept: '*/*', 'if-none-match': tag })).status).toBe(200);
  });

  it('is sent in parts, of the same bytes only', async () => {
    const whole = new Uint8Array(await (await get('?fm=webp')).arrayBuffer());
    const part = async (range: string, more: Record<string, string> = {}) =>
      get('?fm=webp', { range, ...more });
    const first = await part('bytes=0-99');
    expect([first.status, first.headers.get('content-range')]).toEqual([206, `bytes 0-99/${whole.length}`]);
    expect(new Uint8Array(await first.arrayBuffer())).toEqual(whole.slice(0, 100));
    const last = await part('bytes=-50');
    expect(new Uint8Array(await last.arrayBuffer())).toEqual(whole.slice(-50));
    expect((await part('bytes=0-9,20-29')).status).toBe(200);
    expect((await part('bytes=0-9', { 'if-range': first.headers.get('etag') ?? '' })).status).toBe(206);
    expect((await part('bytes=0-9', { 'if-range': '"another"' })).status).toBe(200);
    const beyond = await part('bytes=100-99999999999999999999');
    expect(beyond.headers.get('content-range')).toBe(`bytes 100-${whole.length - 1}/${whole.length}`);
    expect((await get('?fm=webp', { range: 'bytes=0-9' }, 'HEAD')).status).toBe(200);
    const outside = await part(`bytes=${whole.length}-`);
    expect(outside.headers.get('content-range')).toBe(`bytes */${whole.length}`);
    expect((await problemOf(outside)).code).toBe('range_not_satisfiable');
  });

  it('is described by HEAD, without being read', async () => {
    let reads = 0;
    const app = house.appWith({
      objects: {
        read: (key, options) => {
          reads += 1;
          return house.platform.objects.read(key, options);
        },
      },
    });
    const head = await app.request(`/i/${record.image_id}?fm=webp`, { method: 'HEAD' });
    expect([head.status, reads]).toEqual([200, 0]);
    const full = await app.request(`/i/${record.image_id}?fm=webp`);
    for (const name of ['etag', 'content-length', 'content-type', 'cache-control']) {
      expect(head.headers.get(name), name).toBe(full.headers.get(name));
    }
    await full.body?.cancel();
  });

  it('ignores parameters that it does not know, and refuses wrong values of those it does', async () => {
    expect((await get('?w=300&utm_source=x')).status).toBe(200);
    expect(await problemOf(await get('?fm=bmp'))).toMatchObject({ status: 400, parameter: 'fm' });
    expect(await problemOf(await get('?v=a&v=b'))).toMatchObject({ status: 400, parameter: 'v' });
  });

  it.each([
    ['?v=huge', 'variant_not_found'],
    ['?v=large&fm=gif', 'variant_not_found'],
    ['?exp=99999999999', 'invalid_request'],
    ['?exp=99999999999&sig=k1.abc', 'signature_invalid'],
    ['?w=100&%73ig=k1.abc', 'signature_invalid'],
    ['?sig=k1.abc', 'signature_invalid'],
  ])('refuses %s, and has nobody keep that', async (query, code) => {
    expect((await problemOf(await get(query))).code).toBe(code);
  });

  it('sends nothing that the client does not take', async () => {
    expect((await problemOf(await get('?v=large', { accept: 'image/png' }))).code).toBe('not_acceptable');
    expect((await problemOf(await get('', { accept: 'text/html' }))).code).toBe('not_acceptable');
    expect(typeOf(await get('?v=large', { accept: '*/*, image/jpeg;q=0' }))).toBe('image/webp');
  });

  it('never sends a type that was not listed, whichever was asked for before', async () => {
    const accepts = ['*/*', 'image/webp', 'image/jpeg', 'image/png', MODERN, 'image/webp;q=0, image/*'];
    for (const accept of [...accepts, ...accepts.toReversed()]) {
      const response = await get('?v=thumbnail', { accept });
      const type = typeOf(response) ?? '';
      const isListed =
        response.status === 406 ||
        (accept.includes(type) && !accept.includes(`${type};q=0`)) ||
        (/\*/.test(accept) && !accept.includes(`${type};q=0`));
      expect(isListed, `${accept} -> ${response.status} ${type}`).toBe(true);
      await response.body?.cancel();
    }
  });

  it('ends with its image', async () => {
    house.clock.advance(7 * 86_400_000 - 30_000);
    const late = await get('?v=large&fm=jpg&g=1');
    const seconds = Number(/max-age=(\d+)/.exec(late.headers.get('cache-control') ?? '')?.[1]);
    expect(seconds).toBeLessThanOrEqual(30);
    house.clock.advance(60_000);
    expect((await problemOf(await get('?v=large&fm=jpg'))).code).toBe('image_not_found');
    house.clock.advance(-7 * 86_400_000 - 30_000);
  });

  it('finds the bytes of a generation that took the place of the one it had read about', async () => {
    let isFirst = true;
    const app = house.appWith({
      objects: {
        read: async (key, options) => {
          if (!isFirst) return house.platform.objects.read(key, options);
          isFirst = false;
          throw new Failure('object_not_found', `swept: ${key}`);
        },
      },
    });
    expect((await app.request(`/i/${record.image_id}`)).status).toBe(200);
  });

  it('refuses to send an object that is shorter than its record says', async () => {
    const app = house.appWith({
      objects: {
        read: async (key, options) => ({ ...(await house.platform.objects.read(key, options)), size: 5 }),
      },
    });
    expect((await problemOf(await app.request(`/i/${record.image_id}`))).code).toBe('object_damaged');
  });
});

describe('AVIF on first request', () => {
  it('sends WebP at once and for a short time, and AVIF when that is made', async () => {
    const first = await get('?v=medium', { accept: MODERN });
    expect(typeOf(first)).toBe('image/webp');
    expect(first.headers.get('cache-control')).toBe('public, max-age=10');
    await expect
      .poll(async () => typeOf(await get('?v=medium', { accept: MODERN })), { timeout: 15_000 })
      .toBe('image/avif');
    const later = await get('?v=medium&g=1', { accept: MODERN });
    expect(later.headers.get('cache-control')).toContain('immutable');
    expect((await sharp(await later.arrayBuffer()).metadata()).compression).toBe('av1');
  });

  it('waits for it where it is asked for outright', async () => {
    const response = await get('?v=thumbnail&fm=avif');
    expect([response.status, typeOf(response)]).toEqual([200, 'image/avif']);
  });

  it('asks for it once, however many want it', async () => {
    const idle = await openHouse({ works: false });
    const { app, platform } = idle;
    const imageId = await copyInto(platform);
    const path = `/i/${imageId}`;
    for (let n = 0; n < 5; n += 1) await app.request(path, { headers: { accept: MODERN } });
    const messages = await platform.queue.receive({ max: 10, waitMs: 0, leaseMs: 60_000 });
    expect(messages.map(({ lane, work }) => [lane, work])).toEqual([
      [
        'background',
        {
          v: 1,
          kind: 'deferred',
          tenant_id: 'main',
          image_id: imageId,
          generation: 1,
          variant: 'large',
          format: 'avif',
        },
      ],
    ]);
    // Also when it could not be made: what fails once must not be tried with every request.
    for (const message of messages) await platform.queue.complete(message);
    await app.request(path, { headers: { accept: MODERN } });
    expect((await platform.queue.depth()).background.waiting).toBe(0);
    idle.clock.advance(11 * 60_000);
    await app.request(path, { headers: { accept: MODERN } });
    expect((await platform.queue.depth()).background.waiting).toBe(1);
    await idle.close();
  });

  it('sends what there is when it cannot be asked for', async () => {
    const { queue } = house.platform;
    const send = async () => {
      throw new Failure('storage_full', 'no room');
    };
    const app = house.appWith({ queue: { ...queue, send } });
    const path = `/i/${await copyInto(house.platform)}`;
    const response = await app.request(path, { headers: { accept: MODERN } });
    expect([response.status, typeOf(response)]).toEqual([200, 'image/webp']);
    expect(house.logText()).toContain('a better format could not be asked for');
  });

  it('is not waited for by more than there is room for', async () => {
    const app = house.appWith({ limits: { waiters: 0 } });
    const response = await app.request(`/i/${await copyInto(house.platform)}?fm=avif`);
    expect((await problemOf(response)).code).toBe('overloaded');
    expect(response.headers.get('retry-after')).toBe('5');
  });
});

/** The same image under another id, without any AVIF; its objects are those of the first. */
async function copyInto({ catalog }: Platform): Promise<string> {
  const image_id = newImageId(Date.now());
  await catalog.create({ generation: 1, record: { ...record, image_id } });
  return image_id;
}
