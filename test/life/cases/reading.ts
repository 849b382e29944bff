import sharp from 'sharp';
import { expect } from 'vitest';
import { accepted } from '../../harness/uploads.ts';
import { eventually, type Image, type Page } from '../client.ts';
import type { LifeCase } from '../life-case.ts';
import { post, processed, upload } from './upload.ts';
import { bytesOf } from './whole-image.ts';

/** What there is to be done with images that are there. */
export const reading: readonly LifeCase[] = [
  {
    name: 'delivery: formats, sizes, conditions, ranges',
    async run({ client, photo }) {
      const image = await processed(client, photo('delivered'));
      const path = new URL(image.processed_url ?? '').pathname;
      const seen = async (query: string, accept: string) => {
        const response = await accepted(await fetch(`${client.url}${path}${query}`, { headers: { accept } }));
        const { format, compression, width } = await sharp(await bytesOf(response)).metadata();
        return [format === 'heif' ? compression : format, width];
      };
      expect(await seen('?w=320&auto=format', 'image/webp,*/*')).toEqual(['webp', 320]);
      expect(await seen('?w=320&fm=jpg', '*/*')).toEqual(['jpeg', 320]);
      expect(await seen('?w=128&fm=png', '*/*')).toEqual(['png', 128]);
      expect(await seen('?v=thumbnail&fm=avif', '*/*')).toEqual(['av1', 256]);

      const url = `${client.url}${path}?w=320&fm=jpg`;
      const whole = await accepted(await fetch(url));
      const bytes = await bytesOf(whole);
      const etag = whole.headers.get('etag') ?? '';
      expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
      const part = await fetch(url, { headers: { range: 'bytes=10-109' } });
      expect(part.status).toBe(206);
      expect(await bytesOf(part)).toEqual(bytes.subarray(10, 110));
    },
  },
  {
    name: 'links: signed, exact, altered by nobody',
    async run({ client, photo }) {
      const { image_id: imageId } = await processed(client, photo('linked'));
      const { url } = await client.send<{ url: string }>('POST', `/v1/image/${imageId}/link`, {
        params: { w: '301', fm: 'png' },
        expires_in: 600,
      });
      const { format, width } = await sharp(await bytesOf(await accepted(await fetch(url)))).metadata();
      expect([format, width]).toEqual(['png', 301]);
      expect((await fetch(url.replace('w=301', 'w=302'))).status).toBe(403);
    },
  },
  {
    name: 'reprocess: a new generation takes the place of the old one',
    async run({ client, photo, word }) {
      const name = `life-${word()}`;
      await client.send('PUT', `/v1/pipelines/${name}`, {
        name,
        steps: [
          { step: 'resize', variants: [{ name: 'tiny', width: 64, height: 64 }] },
          { step: 'convert', outputs: [{ format: 'png' }] },
        ],
      });
      const before = await processed(client, photo('reprocessed'));
      await client.send('POST', `/v1/image/${before.image_id}/reprocess`, { pipeline: name });
      const after = await eventually('the new generation', async () => {
        const image = await client.image(before.image_id);
        expect(image.status).toBe('ready');
        return image.pipeline.name === name ? image : undefined;
      });
      expect(after.variants.map((variant) => [variant.name, variant.format])).toEqual([['tiny', 'png']]);
      const bytes = await bytesOf(await accepted(await fetch(after.variants[0]?.url ?? '')));
      expect((await sharp(bytes).metadata()).width).toBe(64);
    },
  },
  {
    name: 'list: filters, and cursors that hold while images come',
    async run({ client, photo, word }) {
      const run = word();
      const sent: Image[] = [];
      for (const color of ['red', 'blue', 'red', 'blue', 'red']) {
        sent.push(await upload(client, photo('listed'), { tags: { run, color } }));
      }
      const newestFirst = sent.map(({ image_id: imageId }) => imageId).reverse();
      const [oldest, newest] = [sent[0]?.upload_time ?? '', sent[4]?.upload_time ?? ''];

      const first: Page = await client.get(`/v1/images?tag.run=${run}&limit=2`);
      await upload(client, photo('late'), { tags: { run, color: 'late' } });
      const cursor = encodeURIComponent(first.next_cursor ?? '');
      const second: Page = await client.get(`/v1/images?tag.run=${run}&limit=2&cursor=${cursor}`);
      const third: Page = await client.get(
        `/v1/images?tag.run=${run}&limit=2&cursor=${encodeURIComponent(second.next_cursor ?? '')}`,
      );
      expect([first, second, third].flatMap((page) => idsOf(page.images))).toEqual(newestFirst);

      const reds = await client.listed(`tag.run=${run}&tag.color=red&limit=2`);
      expect(idsOf(reds)).toEqual(newestFirst.filter((_, index) => index % 2 === 0));
      const owned = await client.listed(`user_id=${sent[0]?.user_id}&tag.run=${run}`);
      expect(owned).toHaveLength(6);
      expect(await client.listed(`user_id=nobody&tag.run=${run}`)).toEqual([]);
      const between = `from=${encodeURIComponent(oldest)}&to=${encodeURIComponent(newest)}`;
      expect(idsOf(await client.listed(`${between}&tag.run=${run}`))).toEqual(newestFirst.slice(1));

      for (const { image_id: imageId } of sent) await client.settled(imageId);
      const ready = await client.listed(`status=ready&tag.run=${run}&tag.color=blue`);
      expect(idsOf(ready)).toEqual([newestFirst[1], newestFirst[3]]);
      expect((await client.fetch('/v1/images?cursor=made-up')).status).toBe(400);
    },
  },
  {
    name: 'idempotency: one key, one image',
    async run({ client, photo, word }) {
      const [one, other, idempotencyKey] = [photo('once'), photo('other'), word()];
      const answers = await Promise.all([1, 2, 3].map(() => post(client, one, { idempotencyKey })));
      // Those that come while the first is under way may be told to come back.
      const done = answers.filter(({ status }) => status === 202);
      expect(done.length).toBeGreaterThan(0);
      const again = await accepted(await post(client, one, { idempotencyKey }));
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      const images = (await Promise.all([...done, again].map((answer) => answer.json()))) as Image[];
      expect(new Set(idsOf(images)).size).toBe(1);
      const conflict = await post(client, other, { idempotencyKey });
      expect([conflict.status, ((await conflict.json()) as { code: string }).code]).toEqual([
        422,
        'idempotency_conflict',
      ]);
    },
  },
];

function idsOf(images: readonly Image[]): string[] {
  return images.map(({ image_id: imageId }) => imageId);
}
