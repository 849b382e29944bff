import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { accepted } from '../../harness/uploads.ts';
import { type Client, eventually, type Image } from '../client.ts';
import type { Life, LifeCase } from '../life-case.ts';
import { follow } from './notices.ts';
import { processed } from './upload.ts';

/** How the life of an image ends. */
export const ends: readonly LifeCase[] = [
  {
    name: 'expiry: invisible at once, then gone from the store',
    async run(life) {
      const { client, photo, word } = life;
      const name = `brief-${word()}`;
      await client.send('PUT', `/v1/pipelines/${name}`, {
        name,
        retention: '20s',
        steps: [{ step: 'resize', variants: [{ name: 'small', width: 100, height: 100 }] }],
      });
      const following = await follow(client);
      const tag = word();
      const image = await processed(client, photo('expiring'), { pipeline: name, tags: { tag } });
      expect(image.status).toBe('ready');
      const doors = await openDoors(life, image);
      await sleep(Math.max(0, Date.parse(image.expires_at) - Date.now()) + 50);
      await expectClosed(client, image, doors);
      expect(await client.listed(`tag.tag=${tag}`)).toEqual([]);
      await expectSwept(life, doors);
      expect((await following.until(image.image_id, 'image.expired')).at(-1)?.type).toBe('image.expired');
      await following.leave();
    },
  },
  {
    name: 'erasure: record, objects, derivatives, conditions and ranges',
    async run(life) {
      const { client, photo, word } = life;
      const tag = word();
      const image = await processed(client, photo('erased'), { tags: { tag } });
      const doors = await openDoors(life, image);
      await client.send('DELETE', `/v1/image/${image.image_id}`);
      await expectClosed(client, image, doors);
      expect(await client.listed(`tag.tag=${tag}`)).toEqual([]);
      await expectSwept(life, doors);
      expect((await client.fetch(`/v1/image/${image.image_id}`, { method: 'DELETE' })).status).toBe(404);
    },
  },
];

/** All that leads to an image while it is there, and what it has left in the store. */
interface Doors {
  /** open to anybody, with the entity tag that was answered */
  readonly urls: readonly { readonly url: string; readonly etag: string }[];
  readonly keys: readonly string[];
}

async function openDoors({ client, target }: Life, image: Image): Promise<Doors> {
  const before = new Set(await target.storedKeys());
  const path = new URL(image.processed_url ?? '').pathname;
  const { url: link } = await client.send<{ url: string }>('POST', `/v1/image/${image.image_id}/link`, {
    params: { w: '77', fm: 'png' },
  });
  const variants = image.variants.map(({ url }) => url);
  const urls = [...variants, `${client.url}${path}?w=72&fm=jpg`, link];
  const open = [];
  for (const url of urls) {
    const response = await accepted(await fetch(url));
    await response.arrayBuffer();
    open.push({ url, etag: response.headers.get('etag') ?? '' });
  }
  // A picture that was made on request is kept a moment after it was sent.
  const derivatives = await eventually('a picture in the cache', async () => {
    const found = (await target.storedKeys()).filter((key) => !before.has(key));
    return found.length > 0 ? found : undefined;
  });
  const own = (await target.storedKeys()).filter((key) => key.includes(image.image_id));
  expect(own.length).toBeGreaterThan(1);
  return { urls: open, keys: [...new Set([...own, ...derivatives])] };
}

async function expectClosed(client: Client, { image_id: imageId }: Image, { urls }: Doors): Promise<void> {
  for (const path of ['', '/status', '/original', '/picture']) {
    expect([path, (await client.fetch(`/v1/image/${imageId}${path}`)).status]).toEqual([path, 404]);
  }
  for (const { url, etag } of urls) {
    const asked = [
      {},
      { headers: { 'if-none-match': etag } },
      { headers: { 'if-none-match': '*' } },
      { headers: { range: 'bytes=0-9' } },
      { headers: { range: 'bytes=0-9', 'if-range': etag } },
      { method: 'HEAD' },
    ];
    for (const init of asked) {
      const { status } = await fetch(url, init);
      // A signature that has ended with its image says so before anybody looks for the image.
      expect([403, 404], `${JSON.stringify(init)} of ${url}`).toContain(status);
    }
  }
}

async function expectSwept({ target }: Life, { keys }: Doors): Promise<void> {
  let left: string[] = [];
  await eventually(`the end of ${keys.join(', ')}`, async () => {
    const stored = new Set(await target.storedKeys());
    left = keys.filter((key) => stored.has(key));
    return left.length === 0 ? true : undefined;
  }).catch((error: unknown) => {
    throw new Error(`still stored: ${left.join(', ')}`, { cause: error });
  });
}
