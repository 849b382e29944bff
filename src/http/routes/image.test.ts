import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLink } from '../../delivery/links.ts';
import { createSigner } from '../../delivery/signing.ts';
import type { ImageRecord } from '../../images/image.ts';
import { authorised, type House, openHouse, problemOf, sampleBytes, stranger } from '../testing/house.ts';

let house: House;
let rocket: ImageRecord;
let astronaut: ImageRecord;
beforeAll(async () => {
  house = await openHouse();
  [rocket, astronaut] = await Promise.all([
    house.upload('rocket.jpg', '&tag.team=web&tag.kind=launch'),
    house.upload('astronaut.png', '&tag.team=web'),
  ]);
});
afterAll(() => house.close());

const json = (method: string, body: unknown): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

async function recordOf(path: string): Promise<ImageRecord> {
  return (await (await house.call(path)).json()) as ImageRecord;
}

describe('GET /v1/image/{image_id}', () => {
  it('held until the image was ready, and answers all of it', () => {
    expect(rocket).toMatchObject({ status: 'ready', tags: { team: 'web', kind: 'launch' } });
    expect(rocket.variants.map(({ name, format }) => `${name}.${format}`).toSorted()).toEqual([
      'large.jpeg',
      'large.webp',
      'medium.jpeg',
      'medium.webp',
      'thumbnail.jpeg',
      'thumbnail.webp',
    ]);
    expect(rocket.placeholder?.aspect_ratio).toBeCloseTo(1.5, 1);
    expect(rocket.steps.map(({ name }) => name)).toContain('convert');
  });

  it('answers 304 until the record changes', async () => {
    const first = await house.call(`/v1/image/${rocket.image_id}`);
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"v\d+"$/);
    const again = await house.call(`/v1/image/${rocket.image_id}`, { headers: { 'if-none-match': etag } });
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
    const other = await house.call(`/v1/image/${rocket.image_id}`, { headers: { 'if-none-match': '"v0"' } });
    expect(other.status).toBe(200);
  });

  it('links to what the service is called now', async () => {
    house.publicUrl = 'https://elsewhere.example/photos';
    const record = await recordOf(`/v1/image/${rocket.image_id}`);
    house.publicUrl = 'https://photos.example';
    const links = [record.processed_url, record.original?.url, ...record.variants.map(({ url }) => url)];
    expect(links).toHaveLength(8);
    for (const link of links) expect(link).toMatch(/^https:\/\/elsewhere\.example\/photos\/(i|v1)\//);
  });

  it('is not answered to another tenant, by any route', async () => {
    const app = house.appWith({ authenticate: () => stranger });
    const path = `/v1/image/${rocket.image_id}`;
    const tries: [string, RequestInit][] = [
      [path, {}],
      [`${path}?wait=ready`, {}],
      [`${path}/status`, {}],
      [`${path}/original`, {}],
      [`${path}/link`, json('POST', {})],
      [`${path}/reprocess`, json('POST', {})],
      [path, { method: 'DELETE' }],
    ];
    for (const [url, init] of tries) {
      expect((await app.request(url, authorised(init))).status, `${init.method ?? 'GET'} ${url}`).toBe(404);
    }
    const list = (await (await app.request('/v1/images', authorised())).json()) as { images: unknown[] };
    expect(list.images).toEqual([]);
  });

  it('lets go of those who wait when the server stops', async () => {
    const idle = await openHouse({ works: false });
    const body = await sampleBytes('rocket.jpg');
    const sent = await idle.call('/v1/images', { method: 'POST', body });
    const { image_id: id } = (await sent.json()) as ImageRecord;
    const closing = new AbortController();
    const waiting = idle.app.request(`/v1/image/${id}?wait=ready`, authorised(), { closing: closing.signal });
    await expect.poll(() => idle.services.live.listeners).toBe(1);
    closing.abort();
    const answer = await waiting;
    expect(((await answer.json()) as ImageRecord).status).toBe('received');
    expect(answer.headers.get('connection')).toBe('close');
    expect(idle.services.live.listeners).toBe(0);
    await idle.close();
  });
});

describe('GET /v1/image/{image_id}/status', () => {
  it('answers status and steps only', async () => {
    const status = await recordOf(`/v1/image/${rocket.image_id}/status`);
    expect(Object.keys(status).toSorted()).toEqual([
      'expires_at',
      'image_id',
      'processed_at',
      'status',
      'steps',
    ]);
  });
});

describe('GET /v1/images', () => {
  const list = async (query: string) => {
    const response = await house.call(`/v1/images${query}`);
    return (await response.json()) as { images: ImageRecord[]; next_cursor: string | null };
  };
  const ids = async (query: string) => (await list(query)).images.map(({ image_id }) => image_id);
  const bySending = () =>
    [rocket, astronaut]
      .toSorted((a, b) => b.upload_time.localeCompare(a.upload_time))
      .map((it) => it.image_id);

  it('lists the newest first', async () => expect(await ids('')).toEqual(bySending()));

  it('filters', async () => {
    expect(await ids('?tag.kind=launch')).toEqual([rocket.image_id]);
    expect(await ids('?tag.team=web&tag.kind=launch')).toEqual([rocket.image_id]);
    expect(await ids('?tag.kind=landing')).toEqual([]);
    expect(await ids('?status=ready&user_id=owner')).toHaveLength(2);
    expect(await ids('?status=failed')).toEqual([]);
    expect(await ids(`?from=${rocket.upload_time}&to=2100-01-01T00:00:00%2B02:00`)).toContain(
      rocket.image_id,
    );
    expect(await ids('?to=2000-01-01T00:00:00Z')).toEqual([]);
  });

  it('goes on where a page ended', async () => {
    const first = await list('?limit=1');
    const second = await list(`?limit=1&cursor=${encodeURIComponent(first.next_cursor ?? '')}`);
    expect([...first.images, ...second.images].map(({ image_id }) => image_id)).toEqual(bySending());
    expect((await list('?limit=2')).next_cursor ?? null).toBeNull();
  });
});

describe('the original', () => {
  const path = () => `/v1/image/${rocket.image_id}/original`;

  it('is answered byte for byte, as a download that runs nowhere', async () => {
    const response = await house.call(path());
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(rocket.original?.sha256);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'content-disposition': 'attachment; filename="rocket.jpg"',
      'content-length': String(bytes.length),
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private, no-store',
      etag: `"${rocket.original?.sha256}"`,
    });
  });

  it('is answered in parts', async () => {
    const response = await house.call(path(), { headers: { range: 'bytes=2-5' } });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes 2-5/${rocket.original?.size}`);
    const whole = await sampleBytes('rocket.jpg');
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(whole.slice(2, 6));
  });

  it('is answered to whoever has a signed link, and for no longer than the link says', async () => {
    const answer = await house.call(
      `/v1/image/${rocket.image_id}/link`,
      json('POST', { params: { v: 'original' }, expires_in: 60 }),
    );
    const { url, expires_at } = (await answer.json()) as { url: string; expires_at: string };
    expect(Date.parse(expires_at) - Date.now()).toBeLessThanOrEqual(60_000);
    expect((await house.app.request(url)).status).toBe(200);
    expect((await house.app.request(url, { method: 'HEAD' })).status).toBe(200);
    const other = url.replace(rocket.image_id, astronaut.image_id);
    expect((await problemOf(await house.app.request(other))).code).toBe('signature_invalid');
    house.clock.advance(61_000);
    expect((await problemOf(await house.app.request(url))).code).toBe('signature_expired');
    house.clock.advance(-61_000);
  });

  it('is no public variant', async () => {
    const response = await house.app.request(`/i/${rocket.image_id}?v=original`);
    expect((await problemOf(response)).code).toBe('variant_not_found');
  });
});

describe('POST /v1/image/{image_id}/link', () => {
  const link = async (body: unknown) => house.call(`/v1/image/${rocket.image_id}/link`, json('POST', body));

  it('signs a delivery URL that works exactly as it is', async () => {
    const { url } = (await (
      await link({ params: { v: 'thumbnail', fm: 'webp', dl: 'my rocket' } })
    ).json()) as {
      url: string;
    };
    expect(url).toContain(
      `https://photos.example/i/${rocket.image_id}?v=thumbnail&fm=webp&dl=my%20rocket&exp=`,
    );
    const picture = await house.app.request(url);
    expect(picture.status).toBe(200);
    expect(picture.headers.get('content-disposition')).toBe('attachment; filename="my rocket.webp"');
    expect((await house.app.request(url.replace('v=thumbnail', 'v=large'))).status).toBe(403);
  });

  it('lets nobody keep the picture for longer than the link is good', async () => {
    const { url } = (await (await link({ params: { v: 'medium' }, expires_in: 30 })).json()) as {
      url: string;
    };
    const seconds = /max-age=(\d+)/.exec(
      (await house.app.request(url)).headers.get('cache-control') ?? '',
    )?.[1];
    expect(Number(seconds)).toBeLessThanOrEqual(30);
  });

  it('may name the generation that it shows', async () => {
    const { url } = (await (await link({ params: { w: '90', g: '1' }, expires_in: 7200 })).json()) as {
      url: string;
    };
    const { status, headers } = await house.app.request(url);
    expect([status, headers.get('cache-control')]).toEqual([
      200,
      expect.stringMatching(/^public, max-age=7\d\d\d, immutable$/),
    ]);
  });

  it('names no watermark that is not there, and never outlives the one it names', async () => {
    for (const mark of ['nonsense', '01900000-0000-7000-8000-000000000001']) {
      const refused = await problemOf(await link({ params: { w: '90', mark } }));
      expect(refused).toMatchObject({ status: 404, code: 'image_not_found', parameter: 'mark' });
    }
    const { url } = (await (await link({ params: { w: '90', mark: rocket.image_id } })).json()) as {
      url: string;
    };
    expect((await house.app.request(url)).status).toBe(200);
    const record = { ...rocket, expires_at: '2026-01-02T00:00:00.000Z' };
    const [longer, day] = [{ ...record, expires_at: '2026-01-09T00:00:00.000Z' }, Date.parse('2026-01-01')];
    const order = { params: { mark: rocket.image_id }, expiresInMs: 864_000_000, mark: record };
    const { expiresAt } = createLink({ sign: () => '' }, longer, order, day);
    expect(expiresAt).toBe(Date.parse(record.expires_at));
  });

  it('never outlives the image', async () => {
    const { expires_at } = (await (await link({ expires_in: 315_360_000 })).json()) as { expires_at: string };
    expect(Date.parse(expires_at)).toBeLessThanOrEqual(Date.parse(rocket.expires_at));
  });

  it('is good for an hour where nobody says how long, also without a body', async () => {
    const answer = await house.call(`/v1/image/${rocket.image_id}/link`, { method: 'POST' });
    const { expires_at } = (await answer.json()) as { expires_at: string };
    expect((Date.parse(expires_at) - Date.now()) / 1000).toBeGreaterThan(3590);
  });

  it.each([
    [{ params: { fm: 'bmp' } }, 'fm must be one of'],
    [{ params: { exp: '1' } }, 'exp and sig'],
    [{ params: { v: 'original', fm: 'webp' } }, 'no other parameters'],
    [{ params: { v: 5 } }, 'params.v'],
    [{ expires_in: 0 }, 'expires_in'],
    [{ expire_in: 5 }, 'expire_in'],
  ])('refuses %j', async (body, words) => {
    expect((await problemOf(await link(body))).detail).toContain(words);
  });

  it('made by another key opens nothing', async () => {
    const forger = createSigner({ keys: [{ id: 'k1', secret: 'not the secret of this service' }] });
    const path = `/i/${rocket.image_id}`;
    const forged = forger.sign({ method: 'GET', path, expiresAt: Date.now() + 60_000 });
    expect((await house.app.request(forged)).status).toBe(403);
  });
});

describe('POST /v1/image/{image_id}/reprocess', () => {
  it('makes a new generation by another pipeline, while the old one is still shown', async () => {
    const document = {
      steps: [
        { step: 'resize', variants: [{ name: 'tiny', width: 64 }] },
        { step: 'convert', outputs: [{ format: 'png' }] },
      ],
    };
    expect((await house.call('/v1/pipelines/tiny', json('PUT', document))).status).toBe(200);
    const path = `/v1/image/${astronaut.image_id}`;
    const asked = await house.call(`${path}/reprocess`, json('POST', { pipeline: 'tiny' }));
    expect(asked.status).toBe(202);
    expect((await asked.json()) as ImageRecord).toMatchObject({
      status: 'ready',
      pipeline: { name: 'default' },
    });
    await expect
      .poll(
        async () => (await recordOf(path)).variants.map(({ name, format, width }) => [name, format, width]),
        {
          timeout: 10_000,
        },
      )
      .toEqual([['tiny', 'png', 64]]);
    expect((await recordOf(path)).pipeline).toEqual({ name: 'tiny', version: 1 });
    expect((await house.app.request(`/i/${astronaut.image_id}`)).headers.get('content-type')).toBe(
      'image/png',
    );
  });

  it('gives a rejected image another try', async () => {
    const bytes = await sampleBytes('chelsea.png');
    const sent = await house.call('/v1/images', { method: 'POST', body: bytes.slice(0, bytes.length / 2) });
    const { image_id: id } = (await sent.json()) as ImageRecord;
    expect((await recordOf(`/v1/image/${id}?wait=ready`)).status).toBe('rejected');
    const asked = (await (
      await house.call(`/v1/image/${id}/reprocess`, { method: 'POST' })
    ).json()) as ImageRecord;
    expect([asked.status, asked.error, asked.steps]).toEqual(['received', undefined, []]);
    const ended = await recordOf(`/v1/image/${id}?wait=ready`);
    expect([ended.status, ended.error?.code]).toEqual(['rejected', 'image_corrupt']);
    expect((await problemOf(await house.app.request(`/i/${id}`))).code).toBe('variant_not_found');
  });

  it('refuses an unknown pipeline, and an image whose bytes are not here', async () => {
    const path = `/v1/image/${rocket.image_id}/reprocess`;
    expect((await problemOf(await house.call(path, json('POST', { pipeline: 'nothing' })))).code).toBe(
      'pipeline_not_found',
    );
    const place = await house.call('/v1/upload', json('POST', { filename: 'x.jpg', size: 5 }));
    const { image_id } = (await place.json()) as ImageRecord;
    const early = await house.call(`/v1/image/${image_id}/reprocess`, { method: 'POST' });
    expect((await problemOf(early)).code).toBe('image_not_ready');
    expect((await problemOf(await house.app.request(`/i/${image_id}`))).code).toBe('image_not_ready');
  });
});

describe('DELETE /v1/image/{image_id}', () => {
  it('erases now: nothing of it is answered by any route', async () => {
    const { image_id: id, variants } = await house.upload('coffee.png');
    const variant = new URL(variants[0]?.url ?? '');
    const shown = variant.pathname + variant.search;
    expect((await house.app.request(shown)).status).toBe(200);
    expect((await house.call(`/v1/image/${id}`, { method: 'DELETE' })).status).toBe(204);
    const path = `/v1/image/${id}`;
    for (const gone of [path, `${path}/status`, `${path}/original`, `/i/${id}`, shown]) {
      expect((await problemOf(await house.call(gone))).code, gone).toBe('image_not_found');
    }
    expect((await house.call(path, { method: 'DELETE' })).status).toBe(404);
  });
});
