import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { namedCopy, type Photo, smallJpeg } from '../harness/photos.ts';
import { randomBytes } from '../harness/random.ts';
import { TEST_KEY, TestServer } from '../harness/server.ts';
import { accepted, Refused } from '../harness/uploads.ts';
import { nastyNames } from './nasty-names.ts';
import { type ImageSeen, outcomeOf, sendDirectly, settled } from './outcome.ts';
import { tracesIn } from './traces.ts';

let folder: string;
let server: TestServer;
let photo: Photo;
const dataDir = () => join(folder, 'data');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-requests-'));
  photo = namedCopy(await smallJpeg(96), 'photo.jpg');
  server = await TestServer.start({ dataDir: dataDir(), env: { DARKROOM_RENDERERS: '1' } });
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Promised {
  readonly filename?: string;
  readonly size?: number;
  readonly sha256?: string;
  readonly content_type?: string;
}

/** Promises one file by POST /v1/upload, then sends another. */
async function promiseAndSend(promised: Promised, sent: Buffer): Promise<ImageSeen> {
  const body = JSON.stringify({ filename: 'photo.jpg', size: sent.length, ...promised });
  const reserved = await accepted(
    await server.fetch('/v1/upload', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    }),
  );
  const { image_id, upload } = (await reserved.json()) as {
    image_id: string;
    upload: { method: string; url: string; headers: Record<string, string> };
  };
  const { method, url, headers } = upload;
  await accepted(await fetch(url, { method, headers, body: new Uint8Array(sent) }));
  return await settled(server, image_id);
}

describe('a sender that lies', () => {
  const longer = () => Buffer.concat([photo.bytes, Buffer.alloc(100)]);

  it.each<[string, () => Promise<ImageSeen>, string]>([
    [
      'about its length: less comes',
      () => promiseAndSend({ size: photo.bytes.length + 100 }, photo.bytes),
      'length_mismatch',
    ],
    [
      'about its length: more comes',
      () => promiseAndSend({ size: photo.bytes.length }, longer()),
      'length_mismatch',
    ],
    [
      'about its checksum',
      () => promiseAndSend({ sha256: '0'.repeat(64) }, photo.bytes),
      'checksum_mismatch',
    ],
    [
      'about its type, and is a picture all the same',
      () => promiseAndSend({ content_type: 'text/html', filename: 'x.html' }, photo.bytes),
      'ready',
    ],
    [
      'about being a picture',
      () =>
        promiseAndSend({ content_type: 'image/jpeg' }, Buffer.from('<script>alert(1)</script>'.repeat(9))),
      'unsupported_format',
    ],
    ['about being there at all', () => promiseAndSend({ size: 0 }, Buffer.alloc(0)), 'empty_file'],
    [
      'about being small enough',
      () =>
        sendDirectly(server, {
          name: 'big.jpg',
          bytes: Buffer.concat([photo.bytes, Buffer.alloc(11 << 20)]),
        }),
      'file_too_large',
    ],
  ])('%s', async (_lie, send, outcome) => {
    expect(await outcomeOf(send, server)).toBe(outcome);
  });

  it('is told the true type of its picture', async () => {
    const image = await promiseAndSend({ content_type: 'text/html', filename: 'x.html' }, photo.bytes);
    expect(image.original?.content_type).toBe('image/jpeg');
    const original = await server.fetch(`/v1/image/${image.image_id}/original`);
    expect(original.headers.get('content-type')).toBe('image/jpeg');
    expect(original.headers.get('x-content-type-options')).toBe('nosniff');
  });
});

it('does not break the next request of a client whose file it refuses half read', async () => {
  const noise = randomBytes(1, 500_000);
  for (let count = 0; count < 10; count += 1) {
    expect(await outcomeOf(() => sendDirectly(server, { name: 'x.jpg', bytes: noise }), server)).toBe(
      'unsupported_format',
    );
    for (let next = 0; next < 2; next += 1) expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  }
});

describe('a body that stops half way', () => {
  it.each([
    ['with the connection', (socket: ReturnType<typeof connect>) => socket.destroy()],
    ['with an orderly end', (socket: ReturnType<typeof connect>) => socket.end()],
  ])('%s leaves nothing and becomes no image', async (_how, stop) => {
    const before = (await listImages()).length;
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write(
      `POST /v1/images?filename=cut.jpg HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${TEST_KEY}\r\n` +
        `content-type: image/jpeg\r\ncontent-length: ${photo.bytes.length * 2}\r\n\r\n`,
    );
    socket.write(photo.bytes);
    await vi.waitFor(async () => expect(await readdir(join(dataDir(), 'incoming'))).not.toEqual([]));
    stop(socket);
    socket.resume();
    await once(socket, 'close');
    await vi.waitFor(async () => expect(await readdir(join(dataDir(), 'incoming'))).toEqual([]), 5_000);
    expect((await listImages()).length).toBe(before);
  });
});

/** RFC 6266 with RFC 8187, nothing that a client could take for a second parameter. */
const ONE_FILE_NAME = /^(inline|attachment); filename="[^"\\]*"(; filename\*=UTF-8''[\w!#$&+.^`|~%-]+)?$/;

describe('a file name', () => {
  it.each(Object.entries(nastyNames))('that is %s stays harmless data', async (_what, filename) => {
    const image = await promiseAndSend({ filename }, photo.bytes).catch((error: unknown) => error);
    if (image instanceof Refused) throw image;
    const { image_id: imageId, status, original } = image as ImageSeen;
    expect(status).toBe('ready');
    expect(original?.filename).toMatch(/^[^/\\\p{Cc}]+$/u);
    expect(Buffer.byteLength(original?.filename ?? '')).toBeLessThanOrEqual(255);
    const response = await accepted(await server.fetch(`/v1/image/${imageId}/original`));
    expect(Buffer.from(await response.arrayBuffer()).equals(photo.bytes)).toBe(true);
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect(response.headers.get('content-disposition')).toMatch(ONE_FILE_NAME);
  });

  it('never became a path', async () => {
    const names = await readdir(dataDir(), { recursive: true });
    const odd = names.filter(
      (name) => !/^[\w./-]+$/.test(name) || name.includes('evil') || name.includes('passwd'),
    );
    expect(odd).toEqual([]);
    expect(await readdir(folder)).toEqual(['data']);
  });
});

it('leaves nothing behind', async () => {
  expect(await tracesIn(dataDir())).toEqual([]);
});

async function listImages(): Promise<unknown[]> {
  const response = await accepted(await server.fetch('/v1/images?limit=200'));
  return ((await response.json()) as { images: unknown[] }).images;
}
