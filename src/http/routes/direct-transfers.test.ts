import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../app.ts';
import { authorised, type House, openHouse, sampleBytes } from '../testing/house.ts';

// Where the store of objects takes files itself and gives them out: the addresses are its own.
let house: House;
let app: App;
let id: string;
beforeAll(async () => {
  house = await openHouse({ works: false, durability: 'none' });
  app = house.appWith({
    uploadPlaces: {
      placeFor: async ({ record, declared }, until) => ({
        url: `https://bucket.example/${record.image_id}?size=${declared?.size}&until=${until > 0}`,
        headers: { 'content-type': 'image/jpeg', 'if-none-match': '*' },
      }),
    },
    originalLinks: {
      linkTo: async ({ key, contentType, contentDisposition }) =>
        `https://bucket.example/${key}?${new URLSearchParams({ contentType, contentDisposition })}`,
    },
  });
  const sent = await house.call('/v1/images', { method: 'POST', body: await sampleBytes('rocket.jpg') });
  id = ((await sent.json()) as { image_id: string }).image_id;
});
afterAll(() => house.close());

describe('transfers past the service', () => {
  it('are what a reservation offers', async () => {
    const body = JSON.stringify({ filename: 'a.jpg', size: 1_000 });
    const headers = { 'content-type': 'application/json' };
    const answer = await app.request('/v1/upload', authorised({ method: 'POST', headers, body }));
    expect(answer.status).toBe(201);
    const place = (await answer.json()) as { image_id: string };
    expect(place).toMatchObject({
      upload: {
        method: 'PUT',
        url: `https://bucket.example/${place.image_id}?size=1000&until=true`,
        headers: { 'content-type': 'image/jpeg', 'if-none-match': '*' },
      },
      resumable_url: expect.stringContaining(`/v1/resumable/${place.image_id}`),
    });
  });

  it('are where an original is', async () => {
    const answer = await app.request(`/v1/image/${id}/original`, authorised());
    expect(answer.status).toBe(302);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const link = new URL(answer.headers.get('location') ?? '');
    expect(link.pathname).toBe(`/raw/main/${id}`);
    expect(link.searchParams.get('contentType')).toBe('image/jpeg');
    expect(link.searchParams.get('contentDisposition')).toContain('attachment');
  });

  it.each<[string, RequestInit]>([
    ['HEAD', { method: 'HEAD' }],
    ['whoever may have it already', { headers: { 'if-none-match': '"x"' } }],
  ])('are not for %s', async (_name, init) => {
    const answer = await app.request(`/v1/image/${id}/original`, authorised(init));
    expect(answer.status).toBe(200);
    await answer.body?.cancel();
  });

  it('are for nobody without credentials', async () => {
    expect((await app.request(`/v1/image/${id}/original`)).status).toBeGreaterThanOrEqual(401);
  });
});
