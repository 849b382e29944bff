import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Upload, type UploadOptions } from 'tus-js-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pick, randomBytes, seededRandom } from '../../test/harness/random.ts';
import { fingerprint } from './body.ts';
import { type CuttingProxy, openCuttingProxy } from './testing/cutting-proxy.ts';
import { type House, OWNER, openHouse, sample, sha256, TENANT } from './testing/house.ts';
import { imageIdOf, openResumable } from './testing/tus.ts';

/** The client that people use, unmodified, over real sockets that break. */
let house: House;
let server: Server;
let proxy: CuttingProxy;
let bytesToPass: () => number;
/** what the server answered: method, status, offset */
let answers: { method: string; url: string; status: number; offset: number | undefined }[];

beforeEach(async () => {
  house = await openHouse();
  answers = [];
  bytesToPass = () => Number.POSITIVE_INFINITY;
  const resumable = openResumable(house, { publicUrl: () => proxy.url, drainMs: 300 });
  await new Promise<void>((resolve) => {
    server = serve({ fetch: watched, hostname: '127.0.0.1', port: 0 }, () => resolve()) as Server;
  });
  proxy = await openCuttingProxy(
    () => (server.address() as AddressInfo).port,
    () => bytesToPass(),
  );

  async function watched(request: Request): Promise<Response> {
    const response = await resumable(request, OWNER);
    const offset = response.headers.get('upload-offset');
    const { method, url } = request;
    const { status } = response;
    answers.push({ method, url, status, offset: offset === null ? undefined : Number(offset) });
    return response;
  }
});

afterEach(async () => {
  await proxy.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await house.close();
});

function upload(bytes: Buffer, options: Partial<UploadOptions> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const sending = new Upload(bytes, {
      endpoint: `${proxy.url}/v1/resumable`,
      metadata: { filename: 'cat.png', filetype: 'image/png' },
      retryDelays: Array<number>(200).fill(1),
      onError: reject,
      onSuccess: () => resolve(imageIdOf(sending.url ?? '')),
      ...options,
    });
    sending.start();
  });
}

async function expectStored(imageId: string, bytes: Buffer): Promise<void> {
  const image = await house.platform.catalog.read(TENANT, imageId);
  expect(image?.record.status).toBe('received');
  const { stream } = await house.platform.objects.read(image?.record.original?.key ?? '');
  expect((await fingerprint(stream)).sha256).toBe(sha256(bytes));
}

describe('tus-js-client', () => {
  it.each([
    ['in one piece', {}],
    ['in pieces', { chunkSize: 50_000 }],
    ['with the first bytes in the creation', { uploadDataDuringCreation: true, chunkSize: 50_000 }],
    ['through what knows only POST', { overridePatchMethod: true }],
  ])('uploads %s', async (_, options) => {
    const cat = await sample('chelsea.png');
    await expectStored(await upload(cat, options), cat);
  });

  it('reads why a file is refused, and does not try again', async () => {
    const text = Buffer.alloc(100_000, 'text ');
    const error = await upload(text).catch((thrown) => thrown);
    expect(error.originalResponse.getStatus()).toBe(415);
    expect(JSON.parse(error.originalResponse.getBody())).toMatchObject({ code: 'unsupported_format' });
    expect(answers.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('resumes after every cut, however often: the bytes are right, and no offset goes back', async () => {
    const random = seededRandom(7);
    const cat = await sample('chelsea.png');
    for (let round = 0; round < 25; round += 1) {
      const bytes = Buffer.concat([cat, randomBytes(round, Math.floor(random() * 300_000))]);
      bytesToPass = () => (random() < 0.05 ? Number.POSITIVE_INFINITY : Math.floor(random() ** 2 * 150_000));
      const chunkSize = pick([Number.POSITIVE_INFINITY, 300_000, 70_000], random);
      await expectStored(await upload(bytes, { chunkSize }), bytes);
    }
    expect(proxy.cuts()).toBeGreaterThan(30);
    expect(answers.map(({ status }) => status)).not.toContain(404);
    expect(answers.map(({ status }) => status)).not.toContain(500);
    for (const url of new Set(answers.map((answer) => answer.url))) {
      const offsets = answers.filter((answer) => answer.url === url).flatMap(({ offset }) => offset ?? []);
      expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    }
    const { partials } = await house.bytesLeft();
    // A creation whose answer was cut off left a reservation, but never bytes.
    expect(partials).toEqual([]);
  });
});
