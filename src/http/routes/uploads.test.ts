import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageRecord } from '../../images/image.ts';
import { authorised, type House, openHouse, problemOf, sampleBytes } from '../testing/house.ts';

let house: House;
let rocket: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  house = await openHouse({ works: false });
  rocket = await sampleBytes('rocket.jpg');
});
afterAll(() => house.close());

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function recordOf(response: Response): Promise<ImageRecord> {
  const record = (await response.json()) as ImageRecord;
  if (response.ok) return record;
  throw new Error(JSON.stringify(record));
}

/** Everything that the store and the catalog hold. */
async function everything(): Promise<{ objects: number; images: number }> {
  let objects = 0;
  let images = 0;
  for await (const _ of house.platform.objects.list('')) objects += 1;
  for await (const _ of house.platform.upkeep.all()) images += 1;
  return { objects, images };
}

function post(query = '', init: RequestInit = {}): Promise<Response> {
  return house.call(`/v1/images${query}`, { method: 'POST', body: rocket, ...init });
}

/** A form as a browser sends it, its fields in their order. */
async function form(
  fields: Record<string, string>,
  file: Uint8Array<ArrayBuffer> = rocket,
  after: Record<string, string> = {},
): Promise<RequestInit> {
  const data = new FormData();
  for (const [field, value] of Object.entries(fields)) data.append(field, value);
  data.append('anything', new Blob([file], { type: 'text/html' }), 'rocket.jpg');
  for (const [field, value] of Object.entries(after)) data.append(field, value);
  const sent = new Response(data);
  return {
    headers: { 'content-type': sent.headers.get('content-type') ?? '' },
    body: await sent.arrayBuffer(),
  };
}

/** A body of unknown length. */
function streamed(...chunks: (Uint8Array | Error)[]): RequestInit {
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk === undefined) controller.close();
      else if (chunk instanceof Error) controller.error(chunk);
      else controller.enqueue(chunk);
    },
  });
  return { body, duplex: 'half' } as RequestInit;
}

describe('POST /v1/images', () => {
  it('answers the durable record, and where to find it', async () => {
    const response = await post('?filename=rocket.jpg&tag.team=web&tags={"year":"2026"}');
    expect(response.status).toBe(202);
    const record = await recordOf(response);
    expect(response.headers.get('location')).toBe(`https://photos.example/v1/image/${record.image_id}`);
    expect(record).toMatchObject({
      status: 'received',
      source: 'direct',
      user_id: 'owner',
      tags: { team: 'web', year: '2026' },
      pipeline: { name: 'default', version: 1 },
      original: {
        filename: 'rocket.jpg',
        content_type: 'image/jpeg',
        size: rocket.length,
        sha256: sha256(rocket),
        url: `https://photos.example/v1/image/${record.image_id}/original`,
      },
    });
  });

  it.each([
    ['the query', '?filename=a%20b.jpg', {}, 'a b.jpg'],
    ['Content-Disposition', '', { 'content-disposition': 'attachment; filename="cd.jpg"' }, 'cd.jpg'],
    ['X-Filename', '', { 'x-filename': 'na%C3%AFve.jpg' }, 'naïve.jpg'],
    ['nowhere', '', {}, 'image'],
  ])('takes the name from %s', async (_name, query, headers, expected) => {
    expect((await recordOf(await post(query, { headers }))).original?.filename).toBe(expected);
  });

  it('does not believe the content type', async () => {
    const headers = { 'content-type': 'text/html' };
    expect((await recordOf(await post('', { headers }))).original?.content_type).toBe('image/jpeg');
  });

  it('takes a form, whatever the file is called in it', async () => {
    const response = await post(
      '?tag.year=2026',
      await form({ tags: '{"team":"web"}', pipeline: 'default' }),
    );
    const record = await recordOf(response);
    expect(record).toMatchObject({
      original: { filename: 'rocket.jpg', sha256: sha256(rocket) },
      tags: { team: 'web', year: '2026' },
    });
  });

  it('takes a body whose length nobody announced', async () => {
    const record = await recordOf(await post('', streamed(rocket.subarray(0, 1000), rocket.subarray(1000))));
    expect(record.original?.sha256).toBe(sha256(rocket));
  });

  const big = () => {
    const bytes = new Uint8Array(11 * 1024 * 1024);
    bytes.set(rocket);
    return bytes;
  };
  const refused: [
    name: string,
    query: string,
    init: () => RequestInit | Promise<RequestInit>,
    code: string,
  ][] = [
    ['an empty body', '', () => ({ body: new Uint8Array(0) }), 'empty_file'],
    ['text', '?filename=x.jpg', () => ({ body: 'this is not a picture' }), 'unsupported_format'],
    ['HTML in a form', '', () => form({}, new TextEncoder().encode('<html>')), 'unsupported_format'],
    ['an unknown pipeline', '?pipeline=nothing', () => ({}), 'pipeline_not_found'],
    ['tags that are none', '?tags=team', () => ({}), 'invalid_request'],
    ['too many bytes', '', () => ({ body: big() }), 'file_too_large'],
    ['too many bytes in a form', '', () => form({}, big()), 'file_too_large'],
    [
      'too many bytes, unannounced',
      '',
      () => streamed(...Array(12).fill(big().subarray(0, 1_000_000))),
      'file_too_large',
    ],
    [
      'a body that breaks off',
      '',
      () => streamed(rocket.subarray(0, 5000), new Error('reset')),
      'upload_interrupted',
    ],
    ['an unknown field', '', () => form({ status: 'ready' }), 'invalid_request'],
    [
      'an endless idempotency key',
      '',
      () => ({ headers: { 'idempotency-key': 'x'.repeat(256) } }),
      'invalid_request',
    ],
  ];
  it.each(refused)('refuses %s and keeps nothing of it', async (_name, query, init, code) => {
    const before = await everything();
    expect((await problemOf(await post(query, await init()))).code).toBe(code);
    expect(await everything()).toEqual(before);
  });

  it('refuses a form that goes on after its file, and keeps nothing of it', async () => {
    const before = await everything();
    const problem = await problemOf(await post('', await form({}, rocket, { pipeline: 'default' })));
    expect(problem.detail).toContain('before the file');
    expect(await everything()).toEqual(before);
  });

  it('makes no second image of a request that is repeated', async () => {
    const headers = { 'idempotency-key': 'order-1' };
    const first = await recordOf(await post('?filename=a.jpg', { headers }));
    const again = await post('?filename=a.jpg', { headers });
    expect(again.status).toBe(202);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await recordOf(again)).image_id).toBe(first.image_id);
    const other = await post('?filename=b.jpg', { headers });
    expect((await problemOf(other)).code).toBe('idempotency_conflict');
  });

  it('makes one image of a request that is sent many times at once', async () => {
    const headers = { 'idempotency-key': 'order-2' };
    const responses = await Promise.all(Array.from({ length: 6 }, () => post('', { headers })));
    const records = await Promise.all(responses.map(recordOf));
    expect(new Set(records.map(({ image_id }) => image_id)).size).toBe(1);
  });

  it('refuses at once what would be too much', async () => {
    const app = house.appWith({ limits: { uploads: 0 } });
    const crowded = await app.request('/v1/images', authorised({ method: 'POST', body: rocket }));
    expect((await problemOf(crowded)).code).toBe('overloaded');
    expect(crowded.headers.get('retry-after')).toBe('5');
    const backlog = house.appWith({ limits: { backlog: 1 } });
    const late = await backlog.request('/v1/images', authorised({ method: 'POST', body: rocket }));
    expect((await problemOf(late)).detail).toContain('wait to be processed');
  });
});

interface Place {
  readonly image_id: string;
  readonly upload: { method: string; url: string; headers: Record<string, string>; expires_at: string };
  readonly resumable_url: string;
}

async function reserve(order: object = {}): Promise<Place> {
  const body = JSON.stringify({ filename: 'rocket.jpg', size: rocket.length, ...order });
  const response = await house.call('/v1/upload', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  expect(response.status).toBe(201);
  return (await response.json()) as Place;
}

/** Goes to a signed URL, without credentials. */
function go(url: string, init: RequestInit): Promise<Response> {
  return Promise.resolve(house.app.request(url, init));
}

describe('POST /v1/upload', () => {
  it.each(['text', 'image/jpeg\r\nx-evil: 1', 'image/', '', 'image/jpeg; q', 'image/jpeg\n'])(
    'refuses %j, which is no media type',
    async (content_type) => {
      const order = { filename: 'a.jpg', size: 1, content_type };
      const headers = { 'content-type': 'application/json' };
      const asking = { method: 'POST', headers, body: JSON.stringify(order) };
      const problem = await problemOf(await house.call('/v1/upload', asking));
      expect(problem.detail).toBe('content_type: must be a media type such as image/jpeg.');
    },
  );

  it('calls a file without a name as the other ways in do', async () => {
    const { image_id, upload } = await reserve({ filename: '', content_type: 'image/jpeg; charset=binary' });
    await go(upload.url, { method: 'PUT', headers: upload.headers, body: rocket });
    const record = await recordOf(await house.call(`/v1/image/${image_id}`));
    expect(record.original?.filename).toBe('image');
  });

  it('gives a signed place that takes the bytes without credentials', async () => {
    const { image_id, upload } = await reserve({ tags: { team: 'web' }, content_type: 'image/jpeg' });
    expect(upload.method).toBe('PUT');
    expect(upload.headers).toEqual({ 'content-type': 'image/jpeg' });
    const minutes = (Date.parse(upload.expires_at) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(14);
    expect(minutes).toBeLessThanOrEqual(15);

    const put = await go(upload.url, { method: 'PUT', headers: upload.headers, body: rocket });
    expect(put.status).toBe(200);
    expect(await put.json()).toEqual({ image_id, status: 'received' });
    const record = await recordOf(await house.call(`/v1/image/${image_id}`));
    expect(record).toMatchObject({
      source: 'signed_upload',
      tags: { team: 'web' },
      original: { sha256: sha256(rocket) },
    });
  });

  it('takes the same bytes again, and no others', async () => {
    const { upload } = await reserve();
    await go(upload.url, { method: 'PUT', body: rocket });
    expect((await go(upload.url, { method: 'PUT', body: rocket })).status).toBe(200);
    const other = rocket.slice();
    other[5000] = 255 - (other[5000] ?? 0);
    const problem = await problemOf(await go(upload.url, { method: 'PUT', body: other }));
    expect(problem.code).toBe('already_uploaded');
  });

  it('opens nothing but its own place, until it expires', async () => {
    const [one, other] = [await reserve(), await reserve()];
    const moved = one.upload.url.replace(one.image_id, other.image_id);
    expect((await problemOf(await go(moved, { method: 'PUT', body: rocket }))).code).toBe(
      'signature_invalid',
    );
    expect((await go(`${one.upload.url}&x=1`, { method: 'PUT', body: rocket })).status).toBe(403);
    house.clock.advance(16 * 60_000);
    expect((await problemOf(await go(one.upload.url, { method: 'PUT', body: rocket }))).code).toBe(
      'signature_expired',
    );
  });

  it('refuses beforehand what would be refused afterwards', async () => {
    const headers = { 'content-type': 'application/json' };
    const ask = (order: object) =>
      house.call('/v1/upload', {
        method: 'POST',
        headers,
        body: JSON.stringify({ filename: 'x', ...order }),
      });
    expect((await problemOf(await ask({ size: 60 * 1024 * 1024 }))).code).toBe('file_too_large');
    expect((await problemOf(await ask({ size: 0 }))).code).toBe('empty_file');
    expect((await problemOf(await ask({ size: 5, pipeline: 'nothing' }))).code).toBe('pipeline_not_found');
  });
});

describe('/v1/resumable', () => {
  const TUS = { 'tus-resumable': '1.0.0' };
  const piece = (offset: number, body: Uint8Array<ArrayBuffer>): RequestInit => ({
    method: 'PATCH',
    headers: { ...TUS, 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
    body,
  });

  it('goes on with an upload by its signed link, piece by piece', async () => {
    const { image_id, resumable_url: url } = await reserve();
    const head = await go(url, { method: 'HEAD', headers: TUS });
    expect([head.status, head.headers.get('upload-offset')]).toEqual([200, '0']);
    expect((await go(url, piece(0, rocket.slice(0, 20_000)))).status).toBe(204);
    expect((await go(url, { method: 'HEAD', headers: TUS })).headers.get('upload-offset')).toBe('20000');
    expect((await go(url, piece(20_000, rocket.slice(20_000)))).status).toBe(204);
    const record = await recordOf(await house.call(`/v1/image/${image_id}`));
    expect(record).toMatchObject({ status: 'received', original: { sha256: sha256(rocket) } });
  });

  it('begins an upload with credentials', async () => {
    const created = await house.call('/v1/resumable', {
      method: 'POST',
      headers: {
        ...TUS,
        'upload-length': String(rocket.length),
        'upload-metadata': `filename ${Buffer.from('ü.jpg').toString('base64')}`,
      },
    });
    expect(created.status).toBe(201);
    const path = new URL(created.headers.get('location') ?? '').pathname;
    expect((await house.call(path, piece(0, rocket))).status).toBe(204);
    const record = await recordOf(await house.call(path.replace('/resumable/', '/image/')));
    expect(record).toMatchObject({ source: 'resumable', original: { filename: 'ü.jpg' } });
  });

  it('tells anybody what it can do', async () => {
    const response = await go('/v1/resumable', { method: 'OPTIONS' });
    expect(response.headers.get('tus-extension')).toContain('creation');
  });

  it('refuses with problem documents', async () => {
    const { resumable_url: url } = await reserve();
    const response = await go(url, piece(7, rocket.slice(7)));
    const problem = (await response.json()) as { code: string; request_id: string };
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(problem.code).toBe('offset_mismatch');
    expect(problem.request_id).toBe(response.headers.get('x-request-id'));
  });
});
