import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PictureElement } from '../../delivery/picture-element.ts';
import { createSigner } from '../../delivery/signing.ts';
import type { ImageRecord } from '../../images/image.ts';
import { authorised, type House, openHouse, problemOf, TENANT } from '../testing/house.ts';

let house: House;
let record: ImageRecord;
beforeAll(async () => {
  house = await openHouse();
  record = await house.upload('rocket.jpg');
});
afterAll(() => house.close());

const sent = (method: string, body?: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json', ...headers },
  ...(body !== undefined && { body: JSON.stringify(body) }),
});

const patch = (body: unknown, headers?: Record<string, string>) =>
  house.call('/v1/tenant', sent('PATCH', body, headers));

async function settings(): Promise<Record<string, unknown>> {
  return (await (await house.call('/v1/tenant')).json()) as Record<string, unknown>;
}

interface MadeKey {
  readonly id: string;
  readonly secret: string;
  readonly active: boolean;
  readonly ends_at: string | null;
}

async function makeKey(order: object = {}): Promise<MadeKey> {
  const response = await house.call('/v1/tenant/signing-keys', sent('POST', order));
  expect(response.status).toBe(201);
  return (await response.json()) as MadeKey;
}

async function newLink(params: Record<string, string> = { v: 'thumbnail', fm: 'jpg' }): Promise<string> {
  const made = await house.call(`/v1/image/${record.image_id}/link`, sent('POST', { params }));
  const { url } = (await made.json()) as { url: string };
  return url.slice(house.publicUrl.length);
}

const statusOf = async (target: string) => (await house.app.request(target)).status;
const codeOf = async (target: string) => (await problemOf(await house.app.request(target))).code;

describe('/v1/tenant', () => {
  it('has defaults for a tenant that has said nothing', async () => {
    const strangers = house.appWith({
      authenticate: async () => ({ ...(await house.services.authenticate(keyed())), tenantId: 'new' }),
    });
    const response = await strangers.request('/v1/tenant', authorised());
    expect(await response.json()).toEqual({
      tenant_id: 'new',
      delivery: 'public',
      signing_keys: [],
      imgix_token: null,
      cors_origins: [],
      quotas: { bytes_stored: null, images_per_day: null, renders_per_minute: null },
      retention: null,
      updated_at: null,
    });
    expect(response.headers.get('etag')).toBe('"t0"');
  });

  it('changes what is named, gives back defaults for null, and leaves the rest', async () => {
    await patch({
      retention: '12h',
      cors_origins: ['https://www.example.com'],
      quotas: { images_per_day: 5 },
    });
    await patch({ quotas: { bytes_stored: 1000 } });
    expect(await settings()).toMatchObject({
      retention: '12h',
      cors_origins: ['https://www.example.com'],
      quotas: { bytes_stored: 1000, images_per_day: 5, renders_per_minute: null },
    });
    await patch({ retention: null, cors_origins: null, quotas: { images_per_day: null } });
    expect(await settings()).toMatchObject({
      retention: null,
      cors_origins: [],
      quotas: { bytes_stored: 1000, images_per_day: null },
    });
    await patch({ quotas: null });
    expect(await settings()).toMatchObject({ quotas: { bytes_stored: null } });
  });

  it('takes the media type of merge patches too', async () => {
    const response = await patch({ delivery: 'public' }, { 'content-type': 'application/merge-patch+json' });
    expect(response.status).toBe(200);
  });

  it.each([
    [{ delivery: 'secret' }, 'delivery'],
    [{ imgix_token: 'short' }, 'imgix_token'],
    [{ imgix_token: 'with a space in it' }, 'imgix_token'],
    [{ cors_origins: ['https://www.example.com/path'] }, 'cors_origins[0]'],
    [{ cors_origins: ['*'] }, 'cors_origins[0]'],
    [{ cors_origins: ['https://*.example.com'] }, 'cors_origins[0]'],
    [{ cors_origins: ['https://a.example', 'https://a.example'] }, 'cors_origins'],
    [{ quotas: { images_per_day: -1 } }, 'quotas.images_per_day'],
    [{ quotas: { images_per_hour: 1 } }, 'quotas.images_per_hour'],
    [{ retention: 'soon' }, 'retention'],
    [{ signing_keys: [] }, 'signing_keys'],
    [{ tenant_id: 'other' }, 'tenant_id'],
  ])('refuses %j', async (body, path) => {
    const before = await settings();
    const problem = await problemOf(await patch(body));
    expect([problem.code, problem.errors?.[0]?.path]).toEqual(['invalid_request', path]);
    expect(await settings()).toEqual(before);
  });

  it('changes only what the caller has seen, where that is asked for', async () => {
    const tag = (await house.call('/v1/tenant')).headers.get('etag') ?? '';
    expect((await house.call('/v1/tenant', { headers: { 'if-none-match': tag } })).status).toBe(304);
    const first = await patch({ retention: '2d' }, { 'if-match': tag });
    expect(first.status).toBe(200);
    expect(first.headers.get('etag')).not.toBe(tag);
    const second = await patch({ retention: '3d' }, { 'if-match': tag });
    expect([second.status, (await problemOf(second)).code]).toEqual([412, 'precondition_failed']);
    expect(await settings()).toMatchObject({ retention: '2d' });
    await patch({ retention: null });
  });

  it('shows neither the token of imgix nor the secret of a key again, and logs neither', async () => {
    const token = 'the-token-of-imgix';
    await patch({ imgix_token: token });
    const key = await makeKey();
    const text = await (await house.call('/v1/tenant')).text();
    expect(JSON.parse(text)).toMatchObject({ imgix_token: 'set' });
    expect(text).toContain(key.id);
    expect(text + house.logText()).not.toContain(key.secret);
    expect(text + house.logText()).not.toContain(token);
    await patch({ imgix_token: null });
    expect(await settings()).toMatchObject({ imgix_token: null });
  });

  it('decides how long images live whose pipeline does not', async () => {
    await patch({ retention: '12h' });
    const { upload_time, expires_at } = await house.upload('rocket.jpg');
    await patch({ retention: null });
    expect(Date.parse(expires_at) - Date.parse(upload_time)).toBe(12 * 3_600_000);
  });
});

describe('signing keys', () => {
  it('rotate: old links are good until their key is removed', async () => {
    const old = await makeKey();
    const link = await newLink();
    expect(link).toContain(`&sig=${old.id}.`);
    const fresh = await makeKey();
    expect(await newLink()).toContain(`&sig=${fresh.id}.`);
    expect(await statusOf(link)).toBe(200);
    const gone = await house.call(`/v1/tenant/signing-keys/${old.id}`, { method: 'DELETE' });
    expect(gone.status).toBe(204);
    expect(await codeOf(link)).toBe('signature_invalid');
    expect(await statusOf(await newLink())).toBe(200);
  });

  it('rotate: old links are good until their key ends, and no cache is told to keep them longer', async () => {
    const old = await makeKey();
    const link = await newLink();
    await makeKey({ previous_ends_in: 60 });
    const before = await house.app.request(link);
    await before.arrayBuffer();
    expect(before.headers.get('cache-control')).toMatch(/^public, max-age=(59|60)$/);
    expect((await settings()).signing_keys).toContainEqual(
      expect.objectContaining({ id: old.id, active: false, ends_at: expect.any(String) }),
    );
    house.clock.advance(60_000);
    expect(await codeOf(link)).toBe('signature_expired');
    expect(JSON.stringify(await settings())).not.toContain(old.id);
    house.clock.advance(-60_000);
  });

  it('may be made for later, and verify what others sign with their secret before they sign here', async () => {
    const active = await makeKey();
    const later = await makeKey({ make_active: false });
    expect(await newLink()).toContain(`&sig=${active.id}.`);
    const elsewhere = createSigner({ keys: [later] }).sign({
      ...{ method: 'GET', path: `/i/${record.image_id}`, query: [['v', 'thumbnail']] },
      expiresAt: house.clock.now() + 60_000,
    });
    expect(await statusOf(elsewhere)).toBe(200);
    await house.call(`/v1/tenant/signing-keys/${later.id}/activate`, sent('POST', {}));
    expect(await newLink()).toContain(`&sig=${later.id}.`);
  });

  it('sign elsewhere as the documentation says', async () => {
    const docs = await readFile(new URL('../../../docs/delivery.md', import.meta.url), 'utf8');
    const [, code = ''] = /<!-- tested: sign -->\n```js\n(.*?)```/s.exec(docs) ?? [];
    const { sign } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
      sign(target: string, key: MadeKey, seconds: number): string;
    };
    const key = await makeKey();
    for (const target of [`/i/${record.image_id}?v=thumbnail`, `/i/${record.image_id}/cat.jpg`]) {
      expect(await statusOf(sign(target, key, 60))).toBe(200);
      expect(await codeOf(sign(target, key, -1))).toBe('signature_expired');
    }
  });

  it('are refused where that would break links unasked, or there is no such key', async () => {
    const { id } = await makeKey();
    const remove = (key: string) => house.call(`/v1/tenant/signing-keys/${key}`, { method: 'DELETE' });
    expect((await problemOf(await remove(id))).code).toBe('signing_key_active');
    expect((await problemOf(await remove('nothing'))).code).toBe('signing_key_not_found');
    const activated = await house.call('/v1/tenant/signing-keys/nothing/activate', sent('POST', {}));
    expect((await problemOf(activated)).code).toBe('signing_key_not_found');
    for (;;) {
      const made = await house.call('/v1/tenant/signing-keys', sent('POST', {}));
      if (made.status === 201) continue;
      expect((await problemOf(made)).code).toBe('too_many_signing_keys');
      break;
    }
    expect((await settings()).signing_keys).toHaveLength(20);
  });

  it('open no image of another tenant', async () => {
    const theirs = await house.services.tenants.signingKey('theirs');
    const forged = createSigner({ keys: [theirs] }).sign({
      ...{ method: 'GET', path: `/i/${record.image_id}`, query: [['v', 'thumbnail']] },
      expiresAt: house.clock.now() + 60_000,
    });
    expect(await codeOf(forged)).toBe('signature_invalid');
  });

  it('of the service open uploads and originals, and no pictures', async () => {
    const path = `/i/${record.image_id}`;
    const expiresAt = house.clock.now() + 60_000;
    expect(await codeOf(house.services.signer.sign({ method: 'GET', path, expiresAt }))).toBe(
      'signature_invalid',
    );
    const original = await newLink({ v: 'original' });
    expect(await statusOf(original)).toBe(200);
    const ours = createSigner({ keys: [await house.services.tenants.signingKey(TENANT)] });
    const forged = ours.sign({
      method: 'GET',
      path: `${path.replace('/i/', '/v1/image/')}/original`,
      expiresAt,
    });
    expect(await codeOf(forged)).toBe('signature_invalid');
  });
});

describe('a tenant whose images are shown by signed URLs only', () => {
  beforeAll(() => patch({ delivery: 'signed' }));
  afterAll(() => patch({ delivery: 'public' }));

  it.each([
    '',
    '?v=thumbnail',
    '?w=100',
    '?fm=json',
    '?fm=thumbhash',
    '/name.jpg?w=100&fm=webp',
    '?s=x',
    '?exp=50',
  ])('refuses %s without a signature, and nobody keeps that', async (rest) => {
    const response = await house.app.request(`/i/${record.image_id}${rest}`);
    expect([response.status, response.headers.get('cache-control')]).toEqual([403, 'no-store']);
    expect((await problemOf(response)).code).toBe('signature_required');
  });

  it('refuses conditional and range requests as well', async () => {
    const { variants } = record;
    for (const headers of [{ 'if-none-match': '*' }, { range: 'bytes=0-1' }] as Record<string, string>[]) {
      const response = await house.app.request(`/i/${record.image_id}?v=${variants[0]?.name}`, { headers });
      expect((await problemOf(response)).code).toBe('signature_required');
    }
  });

  it('writes links into its records that work, and end', async () => {
    const path = `/v1/image/${record.image_id}`;
    const response = await house.call(path);
    const tag = response.headers.get('etag') ?? '';
    const shown = (await response.json()) as ImageRecord;
    const listed = (await (await house.call('/v1/images?limit=200')).json()) as { images: ImageRecord[] };
    const inList = listed.images.find(({ image_id }) => image_id === record.image_id);
    const urls = [shown, inList].flatMap((it) => [
      it?.processed_url ?? '',
      ...(it?.variants ?? []).map(({ url }) => url),
    ]);
    expect(urls.length).toBeGreaterThan(8);
    for (const url of urls) expect(await statusOf(url.slice(house.publicUrl.length))).toBe(200);
    expect((await house.call(path, { headers: { 'if-none-match': tag } })).status).toBe(304);
    house.clock.advance(2 * 3_600_000);
    expect(await codeOf(urls[0]?.slice(house.publicUrl.length) ?? '')).toBe('signature_expired');
    expect((await house.call(path, { headers: { 'if-none-match': tag } })).status).toBe(200);
    house.clock.advance(-2 * 3_600_000);
  });

  it('signs picture elements without being asked', async () => {
    const response = await house.call(`/v1/image/${record.image_id}/picture?format=json`);
    const { img, sources } = (await response.json()) as PictureElement;
    for (const source of [img, ...sources]) expect(source.srcset.match(/&sig=/g)?.length).toBeGreaterThan(1);
    const target = img.src.slice(house.publicUrl.length);
    expect(await statusOf(target)).toBe(200);
    expect(await codeOf(target.replace(/&exp=.*/, ''))).toBe('signature_required');
  });

  it('is asked for anew after a change at once', async () => {
    const target = `/i/${record.image_id}?v=thumbnail&fm=jpg`;
    expect(await codeOf(target)).toBe('signature_required');
    await patch({ delivery: 'public' });
    expect(await statusOf(target)).toBe(200);
    await patch({ delivery: 'signed' });
    expect(await codeOf(target)).toBe('signature_required');
  });
});

/** A request with the key of the tests. */
function keyed(): Request {
  return new Request('http://x/', authorised());
}
