import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLink } from '../../delivery/links.ts';
import { Failure } from '../../failures.ts';
import type { ImageRecord } from '../../images/image.ts';
import { parsePipeline } from '../../pipeline/document.ts';
import { type House, openHouse, problemOf, TENANT } from '../testing/house.ts';

let house: House;
let record: ImageRecord;
beforeAll(async () => {
  house = await openHouse();
  record = await house.upload('rocket.jpg');
});
afterAll(() => house.close());

type Headers = Record<string, string>;

const MODERN = 'image/avif,image/webp,image/*,*/*;q=0.8';
const WEBP = 'image/webp,*/*;q=0.8';

const get = async (query: string, headers: Headers = {}, { image_id } = record, method = 'GET') =>
  house.app.request(`/i/${image_id}?${query}`, { method, headers });

async function measured(response: Response) {
  const type = response.headers.get('content-type');
  const bytes = new Uint8Array(await response.arrayBuffer());
  expect(response.status, new TextDecoder().decode(bytes.slice(0, 200))).toBe(200);
  const { format, compression, width, height, hasAlpha } = await sharp(bytes).metadata();
  expect(type).toBe(`image/${compression === 'av1' ? 'avif' : format}`);
  return { type, width, height, hasAlpha, bytes };
}

/** Sends a picture that is in memory, and waits until it is ready. */
async function upload(bytes: Uint8Array, query = ''): Promise<ImageRecord> {
  const sent = await house.call(`/v1/images?filename=made.png${query}`, {
    method: 'POST',
    body: new Uint8Array(bytes),
  });
  const { image_id } = (await sent.json()) as ImageRecord;
  return (await (await house.call(`/v1/image/${image_id}?wait=ready`)).json()) as ImageRecord;
}

describe('pictures that are made when they are asked for', () => {
  it.each([
    ['a width, in the source’s own format', 'w=300', MODERN, 'image/jpeg', 300, 200],
    ['a box that is filled', 'w=160&h=160&fit=crop', MODERN, 'image/jpeg', 160, 160],
    ['a format that is named', 'w=200&fm=webp', '*/*', 'image/webp', 200, 133],
    ['a format that everybody reads', 'w=200&fm=png', '*/*', 'image/png', 200, 133],
    ['AVIF outright: it is waited for', 'w=64&fm=avif', '*/*', 'image/avif', 64, 43],
    ['AVIF to whoever takes nothing else', 'w=72&auto=format', 'image/avif', 'image/avif', 72, 48],
    ['the best that is accepted', 'w=200&auto=format', WEBP, 'image/webp', 200, 133],
    ['JPEG to those who name nothing', 'w=200&auto=format', '*/*', 'image/jpeg', 200, 133],
    ['what is as large as the stored', 'q=50&fm=webp', '*/*', 'image/webp', 640, 427],
    ['a format that is not stored', 'fm=png', '*/*', 'image/png', 640, 427],
  ])('%s: %s', async (_name, query, accept, type, width, height) => {
    expect(await measured(await get(query, { accept }))).toMatchObject({ type, width, height });
  });

  it('say what they depend on, and how long they are good', async () => {
    const sized = await get('w=300&fm=webp');
    expect(Object.fromEntries(sized.headers)).toMatchObject({
      'cache-control': 'public, max-age=3600, stale-while-revalidate=600',
      'content-disposition': 'inline; filename="processed_rocket.webp"',
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
      'content-length': String((await sized.arrayBuffer()).byteLength),
    });
    expect(sized.headers.get('vary')).toBeNull();
    expect(sized.headers.get('accept-ch')).toBeNull();
    const open = await get('w=300&auto=format', { accept: WEBP });
    expect(open.headers.get('vary')).toBe('Accept, Save-Data, ECT, RTT, Downlink');
    expect(open.headers.get('accept-ch')).toBe('Save-Data, ECT');
    const versioned = await get('w=300&fm=webp&g=1');
    expect(versioned.headers.get('cache-control')).toMatch(/^public, max-age=60\d{4}, immutable$/);
  });

  it('are not sent again to those who have them, and sent in parts to those who have some', async () => {
    const whole = await get('w=300&fm=webp');
    const [tag, bytes] = [whole.headers.get('etag') ?? '', new Uint8Array(await whole.arrayBuffer())];
    const again = await get('w=300&fm=webp', { 'if-none-match': tag });
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', tag]);
    const part = await get('w=300&fm=webp', { range: 'bytes=10-19', 'if-range': tag });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 10-19/${bytes.length}`]);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.slice(10, 20));
    const head = await get('w=300&fm=webp', {}, record, 'HEAD');
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
      200,
      String(bytes.length),
      '',
    ]);
    const outside = await get('w=300&fm=webp', { range: `bytes=${bytes.length}-` });
    expect(outside.headers.get('content-range')).toBe(`bytes */${bytes.length}`);
    expect((await problemOf(outside)).code).toBe('range_not_satisfiable');
  });

  it('say what else could not be as it was asked for', async () => {
    const stored = await get('v=thumbnail&w=999');
    expect(stored.headers.get('x-darkroom-note')).toContain('as it is stored');
    expect((await get('v=thumbnail')).headers.get('x-darkroom-note')).toBeNull();
  });

  it('carry what the pipeline puts on every picture', async () => {
    const plain = { steps: [{ step: 'resize', variants: [{ name: 'large', width: 400 }] }] };
    const mark = { step: 'watermark', text: 'MINE', place: 'center', opacity: 1, size: 0.9 };
    await house.platform.pipelines.put(TENANT, parsePipeline({ name: 'plain', ...plain }));
    await house.platform.pipelines.put(
      TENANT,
      parsePipeline({ name: 'marked', steps: [...plain.steps, mark] }),
    );
    const black = await sharp({ create: { width: 400, height: 300, channels: 3, background: '#000' } })
      .png()
      .toBuffer();
    const brightest = async (pipeline: string) => {
      const image = await upload(black, `&pipeline=${pipeline}`);
      const { bytes } = await measured(await get('w=200&fm=png', {}, image));
      const { channels } = await sharp(bytes).stats();
      return channels[0]?.max ?? 0;
    };
    expect(await brightest('plain')).toBe(0);
    expect(await brightest('marked')).toBeGreaterThan(200);
  });

  it('carry the watermark that the URL names, which must be there', async () => {
    const white = await sharp({ create: { width: 50, height: 50, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    const { image_id } = await upload(white);
    const { bytes } = await measured(
      await get(`w=200&fm=png&mark=${image_id}&mark-align=top,left&mark-pad=0`),
    );
    const corner = await sharp(bytes).extract({ left: 5, top: 5, width: 10, height: 10 }).raw().toBuffer();
    expect(Math.min(...corner)).toBeGreaterThan(250);
    const missing = await problemOf(await get('w=200&mark=01890000-0000-7000-8000-000000000000'));
    expect(missing).toMatchObject({ code: 'image_not_found', parameter: 'mark' });
  });

  it('are good for no longer than the watermark on them', async () => {
    const steps = [{ step: 'resize', variants: [{ name: 'large', width: 40 }] }];
    await house.platform.pipelines.put(TENANT, parsePipeline({ name: 'brief', retention: '10m', steps }));
    const grey = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#888' } })
      .png()
      .toBuffer();
    const { image_id } = await upload(grey, '&pipeline=brief');
    // made, then kept: both times
    for (let time = 1; time <= 2; time += 1) {
      const marked = await get(`w=200&fm=webp&g=1&mark=${image_id}`);
      expect(marked.headers.get('cache-control')).toMatch(/^public, max-age=(600|5\d\d), immutable$/);
    }
  });

  it('take the path of a watermark for its id', async () => {
    const red = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#f00' } })
      .png()
      .toBuffer();
    const { image_id } = await upload(red);
    const byId = await get(`w=200&fm=png&mark=${image_id}`);
    const byPath = await get(`w=200&fm=png&mark=${encodeURIComponent(`/i/${image_id}/logo.png`)}`);
    expect([byId.status, byPath.status]).toEqual([200, 200]);
    expect(byPath.headers.get('etag')).toBe(byId.headers.get('etag'));
  });

  it('stay transparent where the original is', async () => {
    const glass = await sharp({ create: { width: 90, height: 60, channels: 4, background: '#f008' } })
      .png()
      .toBuffer();
    const image = await upload(glass);
    for (const query of ['', 'w=64&auto=format', 'w=64']) {
      const { type, hasAlpha } = await measured(await get(query, { accept: '*/*' }, image));
      expect([query, type, hasAlpha]).toEqual([query, 'image/png', true]);
    }
  });
});

describe('sizes', () => {
  it('are held to the ladder where nobody has signed for them', async () => {
    expect((await measured(await get('w=301&fm=webp'))).width).toBe(320);
    expect((await measured(await get('w=301&h=201&fit=crop&fm=webp'))).width).toBe(320);
  });

  it('are exact in signed URLs', async () => {
    const order = { params: { w: '301', fm: 'webp' }, expiresInMs: 60_000 };
    const { pathAndQuery } = createLink(
      await house.services.links.signerOf(TENANT),
      record,
      order,
      house.clock.now(),
    );
    const signed = await house.app.request(pathAndQuery);
    expect(Number(/max-age=(\d+)/.exec(signed.headers.get('cache-control') ?? '')?.[1])).toBeLessThanOrEqual(
      60,
    );
    expect((await measured(signed)).width).toBe(301);
    expect((await house.app.request(pathAndQuery.replace('w=301', 'w=302'))).status).toBe(403);
  });

  it.each([
    ['w=100&ch=DPR', { 'sec-ch-dpr': '2' }, 200],
    ['w=100&ch=DPR', { dpr: '1.4' }, 150],
    ['w=100', { dpr: '3' }, 100],
    ['ch=Width&auto=format', { width: '400' }, 480],
    ['ch=Width,DPR&auto=format', { 'sec-ch-viewport-width': '150', dpr: '2' }, 320],
    ['ch=Width&auto=format', {}, 640],
  ])('%s follows what the client says: %j', async (query, headers, width) => {
    const sent: Headers = Object.fromEntries(Object.entries(headers));
    expect((await measured(await get(query, { accept: WEBP, ...sent }))).width).toBe(width);
  });

  it('cost fewer bytes on slow links, under auto=format', async () => {
    const bytesOn = async (headers: Headers) =>
      (await measured(await get('w=400&auto=format', { accept: WEBP, ...headers }))).bytes.length;
    const usual = await bytesOn({ ect: '4g' });
    expect(await bytesOn({ 'save-data': 'on' })).toBeLessThan(usual * 0.8);
    expect(await bytesOn({ rtt: '400' })).toBeLessThan(usual * 0.8);
  });
});

describe('AVIF under auto=format', () => {
  it('is never waited for: WebP goes out for a moment, AVIF is made meanwhile and sent from then on', async () => {
    const query = 'w=150&auto=format';
    const first = await get(query, { accept: MODERN });
    expect(first.headers.get('cache-control')).toBe('public, max-age=10');
    expect(first.headers.get('vary')).toMatch(/^Accept,/);
    expect((await measured(first)).type).toBe('image/webp');
    const typeNow = async () => (await get(query, { accept: MODERN })).headers.get('content-type');
    await expect.poll(typeNow, { timeout: 15_000 }).toBe('image/avif');
    const later = await get(query, { accept: MODERN });
    expect(later.headers.get('cache-control')).toContain('max-age=3600');
    expect(await measured(later)).toMatchObject({ width: 150, height: 100 });
    expect((await measured(await get(query, { accept: WEBP }))).type).toBe('image/webp');
    expect((await measured(await get(query, { accept: '*/*' }))).type).toBe('image/jpeg');
  });
});

describe('too much work', () => {
  const busy = () =>
    house.appWith({
      deriver: {
        ...house.services.deriver,
        find: async () => undefined,
        derive: async () => {
          throw new Failure('overloaded', 'too much', { extra: { retryAfterSeconds: 7 } });
        },
        deriveLater: () => {},
      },
    });

  it('is told, with a time to come back', async () => {
    const response = await busy().request(`/i/${record.image_id}?w=300&fm=webp`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '7']);
    expect(await problemOf(response)).toMatchObject({ code: 'overloaded', retry_after_seconds: 7 });
  });

  it.each([
    ['w=200', WEBP, 'thumbnail', 'webp'],
    ['w=300', WEBP, 'medium', 'webp'],
    ['w=300', MODERN, 'medium', 'webp'],
    ['w=300', '*/*', 'medium', 'jpeg'],
    ['w=3000', '*/*', 'large', 'jpeg'],
    ['blur=20', '*/*', 'large', 'jpeg'],
  ])('is answered with what is stored under auto=format: %s, %s', async (query, accept, name, format) => {
    const response = await busy().request(`/i/${record.image_id}?${query}&auto=format`, {
      headers: { accept },
    });
    const stored = record.variants.find((it) => it.name === name && it.format === format);
    expect(response.headers.get('etag')).toBe(`"${stored?.sha256}"`);
    expect(response.headers.get('cache-control')).toBe('public, max-age=10');
    expect(response.headers.get('x-darkroom-note')).toContain(name);
  });
});

describe('text about a picture', () => {
  it('tells what anybody may know who may see it', async () => {
    const response = await get('fm=json');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('content-disposition')).toContain('processed_rocket.json');
    const text = await response.text();
    expect(JSON.parse(text)).toEqual({
      image_id: record.image_id,
      format: 'jpeg',
      content_type: 'image/jpeg',
      size: record.original?.size,
      ...{ width: 640, height: 427, frames: 1 },
      ...record.placeholder,
      variants: record.variants.map(({ name, format, width, height, size }) => ({
        ...{ name, format, width, height, size },
      })),
      expires_at: record.expires_at,
    });
    expect(text).not.toMatch(/rocket|owner|main|metadata/);
  });

  it('is the ThumbHash where that is asked for', async () => {
    const response = await get('fm=thumbhash');
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toBe(record.placeholder?.thumbhash);
    const ofAPart = await get('fm=thumbhash&rect=0,0,100,100');
    expect(await ofAPart.text()).not.toBe(record.placeholder?.thumbhash);
  });

  it.each([
    ['fm=blurhash', 'text/plain; charset=utf-8', 'txt', /^[\x21-\x7e]{28}$/],
    ['palette=json&colors=2', 'application/json', 'json', /^\{"colors":\[\{[^}]+\},\{[^}]+\}\],"average_lum/],
    ['palette=css&colors=1', 'text/css; charset=utf-8', 'css', /^\.image-fg-1 \{ color: #[0-9a-f]{6} /],
  ])('is read from its pixels where the record does not say it: %s', async (query, type, ending, words) => {
    const response = await get(`${query}&auto=format`, { accept: MODERN });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': type,
      'content-disposition': `inline; filename="processed_rocket.${ending}"`,
      'cache-control': expect.stringMatching(/^public, max-age=3600/),
    });
    expect(response.headers.get('vary')).toBeNull();
    expect(await response.text()).toMatch(words);
    const again = await get(query, { 'if-none-match': response.headers.get('etag') ?? '' });
    expect(again.status).toBe(304);
  });
});

describe('an image that is gone', () => {
  it('is gone for conditional and range requests too', async () => {
    const image = await house.upload('rocket.jpg');
    const queries = ['w=100&fm=webp', '', 'fm=json', 'v=thumbnail&fm=jpg'];
    const tags = await Promise.all(
      queries.map(async (query) => {
        const response = await get(query, {}, image);
        await response.arrayBuffer();
        return response.headers.get('etag') ?? '';
      }),
    );
    expect((await house.call(`/v1/image/${image.image_id}`, { method: 'DELETE' })).status).toBe(204);
    for (const [at, query] of queries.entries()) {
      for (const headers of [{}, { 'if-none-match': tags[at] ?? '' }, { range: 'bytes=0-9' }]) {
        expect((await problemOf(await get(query, headers as Headers, image))).code).toBe('image_not_found');
      }
    }
  });
});
