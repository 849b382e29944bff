import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { produce } from '../../../src/intake/kafka/testing/kafka-house.ts';
import { openCuttingProxy } from '../../../src/intake/testing/cutting-proxy.ts';
import { darkroom } from '../../harness/cli.ts';
import type { Photo } from '../../harness/photos.ts';
import { accepted, dropInto } from '../../harness/uploads.ts';
import { type Client, eventually, type Image } from '../client.ts';
import type { Life, LifeCase } from '../life-case.ts';
import { expectWhole } from './whole-image.ts';

/** Each way in, to a record that is ready and pictures that can be decoded. */
export const waysIn: readonly LifeCase[] = [
  way('direct, raw', 'direct', async ({ client }, { filename, bytes }) => {
    const path = `/v1/images?filename=${encodeURIComponent(filename)}&tag.way=raw`;
    const headers = { 'content-type': 'application/octet-stream' };
    return await idIn(await client.fetch(path, { method: 'POST', headers, body: new Uint8Array(bytes) }));
  }),

  way('direct, as a form', 'direct', async ({ client }, { filename, bytes }) => {
    const form = new FormData();
    form.append('tags', JSON.stringify({ way: 'form' }));
    form.append('file', new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }), filename);
    return await idIn(await client.fetch('/v1/images', { method: 'POST', body: form }));
  }),

  way('a signed PUT', 'signed_upload', putSigned),

  {
    name: 'a signed PUT straight into the store',
    needs: 'uploadsTo',
    async run(life) {
      const photo = life.photo('presigned');
      const { upload } = await reserve(life.client, photo);
      expect(new URL(upload.url).host).toBe(new URL(life.target.capabilities.uploadsTo ?? '').host);
      // The store itself refuses what was not declared.
      const longer = new Uint8Array(Buffer.concat([photo.bytes, Buffer.from('more')]));
      const refused = await fetch(upload.url, { method: 'PUT', headers: upload.headers, body: longer });
      expect(refused.status).toBeGreaterThanOrEqual(400);
    },
  },

  way('resumable, over a link that is cut', 'resumable', sendInPieces),

  way('the command line', 'direct', async ({ target }, photo) => {
    const folder = await mkdtemp(join(tmpdir(), 'darkroom-life-cli-'));
    try {
      await writeFile(join(folder, photo.filename), photo.bytes);
      const settings = { DARKROOM_URL: target.url, DARKROOM_API_KEY: target.apiKey };
      const run = await darkroom(['upload', join(folder, photo.filename), '--wait', '--json'], settings);
      expect({ code: run.code, stderr: run.stderr }).toMatchObject({ code: 0 });
      const { results } = JSON.parse(run.stdout) as { results: { image_id: string }[] };
      return results[0]?.image_id ?? '';
    } finally {
      await rm(folder, { recursive: true });
    }
  }),

  {
    ...way('a file in the watched folder', 'folder', async ({ target, client }, photo) => {
      await dropInto(target.capabilities.inbox ?? '', photo);
      return (await client.madeOf(photo.sha256)).image_id;
    }),
    needs: 'inbox',
  },

  {
    ...way('an object in a bucket', 'bucket', async ({ target, client }, photo) => {
      await target.capabilities.dropIntoBucket?.(photo.filename, photo.bytes);
      return (await client.madeOf(photo.sha256)).image_id;
    }),
    needs: 'dropIntoBucket',
  },

  {
    ...way('a message of Kafka', 'kafka', async ({ target, client }, { filename, bytes, sha256 }) => {
      const { address, topic } = target.capabilities.kafka ?? { address: '', topic: '' };
      await produce(address, topic, [{ value: bytes, headers: { filename, tags: '{"way":"kafka"}' } }]);
      return (await client.madeOf(sha256)).image_id;
    }),
    needs: 'kafka',
  },
];

/** @param send answers the id of the image */
function way(name: string, source: string, send: (life: Life, photo: Photo) => Promise<string>): LifeCase {
  return {
    name: `in: ${name}`,
    async run(life) {
      const photo = life.photo('way in');
      const image = await life.client.settled(await send(life, photo));
      expect(image).toMatchObject({ status: 'ready', source });
      await expectWhole(life, image, photo);
    },
  };
}

interface Place {
  readonly image_id: string;
  readonly upload: { readonly url: string; readonly headers: Record<string, string> };
  readonly resumable_url: string;
}

function reserve(client: Client, { filename, bytes, sha256 }: Photo): Promise<Place> {
  const order = { filename, content_type: 'image/jpeg', size: bytes.length, sha256 };
  return client.send('POST', '/v1/upload', order);
}

async function putSigned({ client }: Life, photo: Photo): Promise<string> {
  const { image_id: imageId, upload } = await reserve(client, photo);
  expect((await client.image(imageId)).status).toBe('awaiting_upload');
  const { url, headers } = upload;
  // Without credentials: the URL is enough.
  await accepted(await fetch(url, { method: 'PUT', headers, body: new Uint8Array(photo.bytes) }));
  return imageId;
}

/** The link breaks once in the middle; what the server has then is not sent again. */
async function sendInPieces({ client }: Life, photo: Photo): Promise<string> {
  const metadata = { filename: photo.filename, tags: '{"way":"tus"}' };
  const location = await eventually('an upload', async () => {
    const response = await tus(client, '/v1/resumable', 'POST', {
      'upload-length': String(photo.bytes.length),
      'upload-metadata': Object.entries(metadata)
        .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
        .join(','),
      'idempotency-key': randomUUID(),
    });
    return (await accepted(response)).headers.get('location') ?? '';
  });
  const { pathname, search, origin } = new URL(location, client.url);
  let passes = Math.floor(photo.bytes.length / 2);
  const proxy = await openCuttingProxy(
    () => Number(new URL(origin).port),
    () => passes,
  );
  try {
    const through = new URL(pathname + search, proxy.url).href;
    const piece = (from: number) => ({
      headers: { 'upload-offset': String(from), 'content-type': 'application/offset+octet-stream' },
      body: new Uint8Array(photo.bytes.subarray(from)),
    });
    const first = piece(0);
    await expect(tus(client, through, 'PATCH', first.headers, first.body)).rejects.toThrow();
    expect(proxy.cuts()).toBeGreaterThan(0);
    passes = Number.POSITIVE_INFINITY;
    // The server may still be busy with what was cut.
    await eventually('the rest of an upload', async () => {
      const head = await tus(client, through, 'HEAD', {});
      const offset = Number(head.headers.get('upload-offset'));
      expect(offset).toBeLessThan(photo.bytes.length);
      const rest = piece(offset);
      const response = await tus(client, through, 'PATCH', rest.headers, rest.body);
      return [409, 423].includes(response.status) ? undefined : await accepted(response);
    });
  } finally {
    await proxy.close();
  }
  return pathname.split('/').at(-1) ?? '';
}

function tus(
  client: Client,
  path: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body?: Uint8Array<ArrayBuffer>,
): Promise<Response> {
  const init = { method, headers: { ...headers, 'tus-resumable': '1.0.0' }, ...(body && { body }) };
  return client.fetch(path, init);
}

async function idIn(response: Response): Promise<string> {
  return ((await (await accepted(response)).json()) as Image).image_id;
}
