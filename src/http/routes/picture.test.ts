import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PictureElement } from '../../delivery/picture-element.ts';
import type { ImageRecord } from '../../images/image.ts';
import { authorised, type House, openHouse, problemOf, stranger } from '../testing/house.ts';

let house: House;
let record: ImageRecord;
beforeAll(async () => {
  house = await openHouse();
  record = await house.upload('rocket.jpg');
});
afterAll(() => house.close());

const get = (query = '', accept?: string) =>
  house.call(
    `/v1/image/${record.image_id}/picture${query}`,
    accept === undefined ? {} : { headers: { accept } },
  );

describe('GET /v1/image/{image_id}/picture', () => {
  it('answers an element that holds all of it', async () => {
    const response = await get(
      '?alt=A%20rocket%20%26%20%22smoke%22&sizes=(min-width:%20800px)%2050vw,%20100vw',
    );
    expect(response.headers.get('content-type')).toBe('text/html; charset=UTF-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const html = await response.text();
    const { width, height } = record.original ?? {};
    expect(html).toContain(`width="${width}" height="${height}" alt="A rocket &amp; &quot;smoke&quot;"`);
    expect(html.match(/ sizes="\(min-width: 800px\) 50vw, 100vw"/g)).toHaveLength(3);
    expect(html).toContain('loading="lazy" decoding="async"');
    expect(html).toContain('url(data:image/png;base64,');
    expect(html).toContain(
      `https://photos.example/i/${record.image_id}/rocket.avif?w=320&amp;fit=max&amp;fm=avif&amp;g=1 320w`,
    );
  });

  it('answers the same parts as JSON', async () => {
    const response = await get('?format=json&loading=eager');
    expect(response.headers.get('content-type')).toBe('application/json');
    const element = (await response.json()) as PictureElement;
    expect(element.sources.map(({ type }) => type)).toEqual(['image/avif', 'image/webp']);
    expect(element.img).toMatchObject({
      sizes: '100vw',
      width: record.original?.width,
      height: record.original?.height,
      alt: '',
      loading: 'eager',
      decoding: 'async',
    });
    expect(element.placeholder).toMatchObject({
      thumbhash: record.placeholder?.thumbhash,
      dominant_color: record.placeholder?.dominant_color,
      has_alpha: false,
    });
  });

  const HTML = 'text/html; charset=UTF-8';
  it.each([
    ['', undefined, HTML, 'Accept'],
    ['', '*/*', HTML, 'Accept'],
    ['', 'text/html,application/xhtml+xml,*/*;q=0.8', HTML, 'Accept'],
    ['', 'application/json', 'application/json', 'Accept'],
    ['', 'application/json, text/plain, */*', 'application/json', 'Accept'],
    ['', 'text/html;q=0.5, application/json;q=0.4', HTML, 'Accept'],
    ['?format=html', 'application/json', HTML, null],
    ['?format=json', 'text/html', 'application/json', null],
  ])('%s with Accept: %s answers %s', async (query, accept, type, vary) => {
    const { headers } = await get(query, accept);
    expect([headers.get('content-type'), headers.get('vary')]).toEqual([type, vary]);
  });

  it('says so where neither will do', async () => {
    expect((await problemOf(await get('', 'image/png'))).code).toBe('not_acceptable');
  });

  it.each([
    ['format=xml', 'format'],
    ['sizes=', 'sizes'],
    ['sizes=100vw%22%20onload=', 'sizes'],
    ['sizes=%20', 'sizes'],
    [`sizes=${'1'.repeat(513)}`, 'sizes'],
    ['alt=a%00b', 'alt'],
    [`alt=${'a'.repeat(1001)}`, 'alt'],
    ['loading=soon', 'loading'],
    ['expires_in=soon', 'expires_in'],
    ['expires_in=0', 'expires_in'],
    ['expires_in=1.5', 'expires_in'],
  ])('refuses %s', async (query, name) => {
    const problem = await problemOf(await get(`?${query}`));
    expect([problem.code, problem.errors?.[0]?.path]).toEqual(['invalid_request', name]);
  });

  it('signs its URLs where that is asked for: they are good as they are, as long as that, and no longer', async () => {
    const { img } = (await (await get('?format=json&expires_in=60')).json()) as PictureElement;
    const url = new URL(img.src);
    const target = url.pathname + url.search;
    expect(target).toMatch(/\?w=\d+&fit=max&fm=jpg&g=1&exp=\d+&sig=k[0-9a-f]{12}\./);
    const first = await house.app.request(target);
    expect(first.status).toBe(200);
    await first.arrayBuffer();
    expect((await problemOf(await house.app.request(target.replace('w=', 'w=1')))).code).toBe(
      'signature_invalid',
    );
    const again = (await (await get('?format=json&expires_in=86400')).json()) as PictureElement;
    const soon = (await (await get('?format=json&expires_in=86400')).json()) as PictureElement;
    expect(again.img).toEqual(soon.img);
    house.clock.advance(67_000);
    expect((await problemOf(await house.app.request(target))).code).toBe('signature_expired');
    house.clock.advance(-67_000);
    const long = (await (await get('?format=json&expires_in=315360000')).json()) as PictureElement;
    const ends = Number(new URL(long.img.src).searchParams.get('exp')) * 1000;
    expect(ends).toBeLessThanOrEqual(Date.parse(record.expires_at));
  });

  it('is for the owner of an image that is ready', async () => {
    const path = `/v1/image/${record.image_id}/picture`;
    expect((await problemOf(await house.app.request(path))).code).toBe('unauthorized');
    const others = house.appWith({ authenticate: () => stranger });
    expect((await problemOf(await others.request(path, authorised()))).code).toBe('image_not_found');
    const place = await house.call('/v1/upload', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ filename: 'x.jpg', size: 5 }),
    });
    const { image_id: id } = (await place.json()) as ImageRecord;
    expect((await problemOf(await house.call(`/v1/image/${id}/picture`))).code).toBe('image_not_ready');
  });
});
