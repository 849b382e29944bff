import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Listening, listen } from '../../src/http/server.ts';
import { type House, openHouse } from '../../src/http/testing/house.ts';
import type { ImageRecord } from '../../src/images/image.ts';
import { type NginxCache, noNginx, STATUS_HEADER, startNginxCache } from './nginx-cache.ts';

const reason = noNginx();

/** What clients of six kinds take, AVIF first. */
const ACCEPTS = [
  'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8',
  'image/webp,*/*;q=0.8',
  '*/*',
  'image/jpeg',
  'image/png,image/*;q=0.5',
  'image/*, image/avif;q=0, image/webp;q=0',
];

describe.skipIf(reason !== undefined)(`nginx as a cache in front${reason ? ` (${reason})` : ''}`, () => {
  let house: House;
  let record: ImageRecord;
  let server: Listening;
  let cache: NginxCache;
  let names = 0;
  beforeAll(async () => {
    house = await openHouse();
    record = await house.upload('rocket.jpg');
    server = await listen(house.app, { host: '127.0.0.1', port: 0 });
    cache = await startNginxCache(server.url);
  });
  afterAll(async () => {
    await cache?.close();
    await server?.close(0);
    await house?.close();
  });

  /** A URL that nobody has asked for yet: the name decides nothing here, and everything for a cache. */
  const fresh = (query: string) => {
    names += 1;
    return `${cache.url}/i/${record.image_id}/${names}.jpg?${query}`;
  };

  async function get(url: string, headers: Record<string, string> = {}) {
    const response = await fetch(url, { headers });
    const bytes = (await response.arrayBuffer()).byteLength;
    const { status, headers: told } = response;
    const type = told.get('content-type') ?? '';
    return { status, type, from: told.get(STATUS_HEADER), bytes, headers: told };
  }

  /** Has the AVIF made before anything is cached. */
  async function makeAvif(query: string): Promise<void> {
    const type = async () =>
      (await get(`${server.url}/i/${record.image_id}?${query}`, { accept: ACCEPTS[0] ?? '' })).type;
    await expect.poll(type, { timeout: 20_000 }).toBe('image/avif');
  }

  /** Whether a client that accepts this may be sent a type. */
  function takes(accept: string, type: string): boolean {
    const named = accept.split(',').map((range) => range.trim());
    if (named.includes(`${type};q=0`)) return false;
    const isModern = type === 'image/avif' || type === 'image/webp';
    return named.includes(type) || (!isModern && /\*/.test(accept));
  }

  const orders: [name: string, accepts: readonly string[]][] = [
    ['AVIF first', ACCEPTS],
    ['AVIF last', ACCEPTS.toReversed()],
  ];
  describe.each(['w=160&auto=format&q=60', 'auto=format&q=60', 'v=thumbnail'])('%s', (query) => {
    it.each(orders)(
      'is sent to nobody in a format that he did not ask for, %s, cold and warm',
      async (_name, accepts) => {
        await makeAvif(query);
        const url = fresh(query);
        for (const round of ['cold', 'warm']) {
          for (const accept of accepts) {
            const { status, type, from, headers } = await get(url, { accept });
            if (status === 406) continue;
            expect([status, takes(accept, type)], `${round}: ${accept} got ${type}`).toEqual([200, true]);
            expect(headers.get('vary')).toBe('Accept');
            if (round === 'warm') expect(from, accept).toBe('HIT');
          }
        }
        const kinds = await Promise.all(ACCEPTS.map(async (accept) => (await get(url, { accept })).type));
        expect(kinds.slice(0, 3)).toEqual(['image/avif', 'image/webp', 'image/jpeg']);
      },
    );
  });

  it('keeps what is sent on slow links from those on quick ones', async () => {
    const url = fresh('w=300&auto=format');
    const accept = 'image/webp,*/*;q=0.8';
    const slow = { accept, 'save-data': 'on' };
    const first = await get(url, slow);
    const quick = await get(url, { accept });
    expect(first.bytes).toBeLessThan(quick.bytes * 0.9);
    expect(await get(url, slow)).toMatchObject({ from: 'HIT', bytes: first.bytes });
    expect(await get(url, { accept })).toMatchObject({ from: 'HIT', bytes: quick.bytes });
  });

  it('keeps screens of one density from those of another', async () => {
    const url = fresh('w=100&fm=webp&ch=DPR');
    const bytes = async (dpr: string) => (await get(url, { dpr })).bytes;
    const [once, twice] = [await bytes('1'), await bytes('2')];
    expect(once).toBeLessThan(twice);
    expect([await bytes('1'), await bytes('2')]).toEqual([once, twice]);
    expect((await get(url, { dpr: '2' })).from).toBe('HIT');
  });

  it('keeps no refusal', async () => {
    for (const query of ['w=0', 'v=nothing', 'w=10&sig=k1.x']) {
      const url = fresh(query);
      await get(url);
      const again = await get(url);
      expect(again.status).toBeGreaterThanOrEqual(400);
      expect([query, again.from]).toEqual([query, 'MISS']);
      expect(again.headers.get('cache-control')).toBe('no-store');
    }
  });

  it('goes on with what it has where nothing has changed', async () => {
    const url = fresh('w=120&fm=webp');
    const { headers } = await get(url);
    const response = await fetch(url, { headers: { 'if-none-match': headers.get('etag') ?? '' } });
    expect([response.status, response.headers.get(STATUS_HEADER)]).toEqual([304, 'HIT']);
    const part = await fetch(url, { headers: { range: 'bytes=0-9' } });
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 10]);
  });
});
