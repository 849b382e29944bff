import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from '../../harness/server.ts';
import { describeOn, sharedServer } from '../shared-servers.ts';
import { type Fleet, openFleet } from './fleet.ts';

const sample = (name: string) =>
  readFile(fileURLToPath(new URL(`../../../samples/${name}`, import.meta.url)));
const SLOW = 120_000;

interface Image {
  readonly image_id: string;
  readonly status: string;
  readonly source: string;
  readonly variants: readonly unknown[];
  readonly original?: { readonly filename: string };
}

// MiniStack is the one whose buckets tell queues of their objects; DynamoDB Local is the truth for conditions.
describeOn(['ministack', 'dynamodb-local'], 'several processes', () => {
  let fleet: Fleet;
  let front: TestServer;
  let other: TestServer;
  let workers: TestServer[];
  let cat: Buffer;

  beforeAll(async () => {
    cat = await sample('chelsea.png');
    fleet = await openFleet(await sharedServer('ministack'), await sharedServer('dynamodb-local'));
    front = await fleet.start('api');
    other = await fleet.start('api,intake,sweeper');
    workers = [await fleet.start('worker'), await fleet.start('worker')];
  }, SLOW);
  afterAll(() => fleet.close(), SLOW);

  async function upload(server: TestServer, filename: string): Promise<string> {
    const path = `/v1/images?filename=${filename}`;
    const answer = await server.fetch(path, { method: 'POST', body: new Uint8Array(cat) });
    const text = await answer.text();
    expect(answer.status, text).toBe(202);
    return (JSON.parse(text) as Image).image_id;
  }

  async function ready(server: TestServer, imageId: string): Promise<Image> {
    for (;;) {
      const answer = await server.fetch(`/v1/image/${imageId}?wait=ready`);
      const image = (await answer.json()) as Image;
      if (image.status !== 'received' && image.status !== 'processing') return image;
    }
  }

  async function listed(filename: string): Promise<Image[]> {
    const { images } = (await (await other.fetch('/v1/images?limit=200')).json()) as { images: Image[] };
    return images.filter(({ original }) => original?.filename === filename);
  }

  it('each says what it does', async () => {
    const answers = await Promise.all(
      [front, other, ...workers].map(async (server) => (await fetch(`${server.url}/readyz`)).json()),
    );
    expect(answers).toEqual([
      { status: 'ready', roles: ['api'] },
      { status: 'ready', roles: ['api', 'intake', 'sweeper'] },
      { status: 'ready', roles: ['worker'] },
      { status: 'ready', roles: ['worker'] },
    ]);
    expect((await workers[0]?.fetch('/v1/images'))?.status).toBe(404);
  });

  it(
    'what one takes in, another runs, and a third one shows; whoever listens there hears of it',
    async () => {
      const leaving = new AbortController();
      const events = await other.fetch('/v1/events', { signal: leaving.signal });
      const heard = hear(events, 'image.ready');
      const imageId = await upload(front, 'across.png');
      expect(await ready(other, imageId)).toMatchObject({ status: 'ready', source: 'direct' });
      expect(await heard).toContain(imageId);
      leaving.abort();
    },
    SLOW,
  );

  it(
    'a worker that is killed loses nothing',
    async () => {
      const ids = await Promise.all(
        Array.from({ length: 8 }, (_, number) => upload(front, `k${number}.png`)),
      );
      await workers[0]?.kill9();
      const images = await Promise.all(ids.map((id) => ready(front, id)));
      expect(images.map(({ status }) => status)).toEqual(ids.map(() => 'ready'));
      await workers[0]?.restart();
    },
    SLOW,
  );

  it(
    'what is put into a bucket becomes an image, and its result lies where the rule says',
    async () => {
      const names = ['plain.png', 'été 📷.png', '100%.png'];
      for (const name of names) await fleet.put(`shoot one/${name}`, cat);
      for (const name of names) {
        await expect.poll(async () => (await listed(name)).length, { timeout: SLOW, interval: 500 }).toBe(1);
        const [image] = await listed(name);
        const id = image?.image_id ?? '';
        expect(await ready(front, id)).toMatchObject({ status: 'ready', source: 'bucket' });
        const stem = name.slice(0, -'.png'.length);
        await expect
          .poll(() => fleet.keys('results'), { timeout: SLOW, interval: 500 })
          .toContainEqual(expect.stringMatching(new RegExp(`^processed/${id}/processed_${stem}\\.`)));
      }
      const [image] = await listed('plain.png');
      await other.fetch(`/v1/image/${image?.image_id}`, { method: 'DELETE' });
      await expect
        .poll(async () => (await fleet.keys('results')).length, { timeout: SLOW, interval: 500 })
        .toBe(2);
    },
    SLOW,
  );

  it(
    'what a sender puts into the place that he was given is his image',
    async () => {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ filename: 'signed.png', size: cat.length, content_type: 'image/png' });
      const answer = await front.fetch('/v1/upload', { method: 'POST', headers, body });
      const { image_id: imageId, upload: place } = (await answer.json()) as {
        image_id: string;
        upload: { method: string; url: string; headers: Record<string, string> };
      };
      expect(new URL(place.url).origin).toBe(await sharedServer('ministack'));
      const put = await fetch(place.url, { ...place, body: new Uint8Array(cat) });
      expect(put.status).toBe(200);
      await expect
        .poll(async () => statusOf(await front.fetch(`/v1/image/${imageId}`)), {
          timeout: SLOW,
          interval: 500,
        })
        .toBe('ready');
    },
    SLOW,
  );

  it(
    'one that is told to stop while it works ends within 25 s, and others go on with its work',
    async () => {
      const ids = await Promise.all(
        Array.from({ length: 4 }, (_, number) => upload(front, `s${number}.png`)),
      );
      const started = performance.now();
      expect(await workers[1]?.stop()).toBe(0);
      expect(performance.now() - started).toBeLessThan(25_000);
      const images = await Promise.all(ids.map((id) => ready(front, id)));
      expect(images.every(({ status }) => status === 'ready')).toBe(true);
    },
    SLOW,
  );
});

async function statusOf(answer: Response): Promise<string> {
  return ((await answer.json()) as Image).status;
}

/** Reads events until one of this type comes; answers its text. */
async function hear(answer: Response, type: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of answer.body ?? []) {
    text += decoder.decode(piece, { stream: true });
    if (text.includes(`event: ${type}`) && text.endsWith('\n\n')) return text;
  }
  return text;
}
