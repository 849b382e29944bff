import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprint } from './body.ts';
import { createIntake } from './receive.ts';
import type { Resumable } from './resumable.ts';
import { dyingAt } from './testing/dying.ts';
import {
  brokenAfter,
  HOUR,
  type House,
  inChunks,
  MAX_BYTES,
  OWNER,
  openHouse,
  sample,
  sha256,
  TENANT,
} from './testing/house.ts';
import { create, imageIdOf, metadata, openResumable, patch, send, TUS_URL } from './testing/tus.ts';

let house: House;
let resumable: Resumable;
let cat: Buffer;

beforeEach(async () => {
  house = await openHouse();
  resumable = openResumable(house);
  cat = await sample('chelsea.png');
});

afterEach(() => house.close());

function head(url: string, using = resumable): Promise<Response> {
  return send(using, 'HEAD', { url });
}

async function offsetOf(url: string): Promise<string | null> {
  return (await head(url)).headers.get('upload-offset');
}

async function recordOf(url: string) {
  return (await house.platform.catalog.read(TENANT, imageIdOf(url)))?.record;
}

/** Status and code of a refusal, which is a problem document and says which protocol it speaks. */
async function refusal(response: Response): Promise<[number, string]> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('tus-resumable')).toBe('1.0.0');
  const problem = (await response.json()) as { code: string; detail: string };
  expect(problem).toMatchObject({
    status: response.status,
    type: `urn:darkroom:problem:${problem.code}`,
    request_id: 'test-request',
    title: expect.any(String),
  });
  expect(problem.detail).not.toBe('');
  return [response.status, problem.code];
}

function checksum(algorithm: string, bytes: Uint8Array): Record<string, string> {
  return { 'upload-checksum': `${algorithm} ${createHash(algorithm).update(bytes).digest('base64')}` };
}

describe('what is offered', () => {
  it('is said on request, and only what is kept', async () => {
    const response = await send(resumable, 'OPTIONS');
    expect(response.status).toBe(204);
    expect(response.headers.get('tus-version')).toBe('1.0.0');
    expect(response.headers.get('tus-extension')).toBe(
      'creation,creation-with-upload,expiration,termination,checksum',
    );
    expect(response.headers.get('tus-checksum-algorithm')).toBe('sha1,sha256,md5');
    expect(response.headers.get('access-control-allow-headers')).toMatch(/Upload-Checksum/);
    expect(response.headers.get('access-control-expose-headers')).toMatch(/Upload-Expires/);
  });

  it.each([
    ['another version of the protocol', 'POST', { 'tus-resumable': '0.2.2', 'upload-length': '1' }, 412],
    ['no version of the protocol', 'POST', { 'tus-resumable': '', 'upload-length': '1' }, 412],
    ['no length', 'POST', {}, 400],
    ['a deferred length', 'POST', { 'upload-defer-length': '1' }, 501],
    ['concatenation', 'POST', { 'upload-length': '1', 'upload-concat': 'partial' }, 501],
    ['a negative length', 'POST', { 'upload-length': '-1' }, 400],
    ['a length that is no number', 'POST', { 'upload-length': '1e3' }, 400],
    [
      'hostile metadata: a prototype',
      'POST',
      { 'upload-length': '9', 'upload-metadata': '__proto__ YQ==' },
      400,
    ],
    [
      'hostile metadata: the same key twice',
      'POST',
      { 'upload-length': '9', 'upload-metadata': 'a YQ==,a YQ==' },
      400,
    ],
    [
      'hostile metadata: no base64',
      'POST',
      { 'upload-length': '9', 'upload-metadata': 'filename ../../x' },
      400,
    ],
    [
      'metadata with wrong tags',
      'POST',
      { 'upload-length': '9', 'upload-metadata': `tags ${btoa('{')}` },
      400,
    ],
    ['a download', 'GET', {}, 404],
    ['a method that means nothing here', 'PUT', {}, 404],
  ])('and not: %s', async (_, method, headers, status) => {
    const response = await send(resumable, method, { headers });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    if (status === 412) expect(response.headers.get('tus-version')).toBe('1.0.0');
    expect(await house.images()).toEqual([]);
  });
});

describe('creation', () => {
  it('answers where the upload is, until when, and that nothing is there yet', async () => {
    const response = await send(resumable, 'POST', {
      headers: {
        'upload-length': '1000',
        'upload-metadata': metadata({
          filename: 'cat.png',
          filetype: 'image/png',
          tags: 'team=web',
          other: 'x',
        }),
      },
    });
    expect(response.status).toBe(201);
    const url = response.headers.get('location') ?? '';
    expect(url).toMatch(/^https:\/\/photos\.example\/v1\/resumable\/[0-9a-f-]{36}$/);
    expect(Date.parse(response.headers.get('upload-expires') ?? '') - Date.now()).toBeGreaterThan(
      23.9 * HOUR,
    );

    const state = await head(url);
    expect(state.headers.get('upload-offset')).toBe('0');
    expect(state.headers.get('upload-length')).toBe('1000');
    expect(state.headers.get('cache-control')).toBe('no-store');
    expect(state.headers.get('upload-metadata')).toBe(
      metadata({ filename: 'cat.png', filetype: 'image/png', pipeline: 'default', tags: '{"team":"web"}' }),
    );
    expect(await recordOf(url)).toMatchObject({
      status: 'awaiting_upload',
      source: 'resumable',
      tags: { team: 'web' },
    });
  });

  it.each([
    ['an empty file', 0, 422, 'empty_file'],
    ['a file that is too large', MAX_BYTES + 1, 413, 'file_too_large'],
  ])('is refused for %s', async (_, length, status, code) => {
    const response = await send(resumable, 'POST', { headers: { 'upload-length': String(length) } });
    expect(await refusal(response)).toEqual([status, code]);
    expect(await house.images()).toEqual([]);
  });

  it('is refused for a pipeline that does not exist', async () => {
    const headers = { 'upload-length': '1', 'upload-metadata': metadata({ pipeline: 'nope' }) };
    expect(await refusal(await send(resumable, 'POST', { headers }))).toEqual([404, 'pipeline_not_found']);
  });

  it('is refused at the URL of an upload', async () => {
    const url = await create(resumable, 1_000);
    const response = await send(resumable, 'POST', { url, headers: { 'upload-length': '1' } });
    expect(await refusal(response)).toEqual([405, 'method_not_allowed']);
    expect(await house.images()).toHaveLength(1);
  });

  it('may bring the first bytes along, or all of them', async () => {
    for (const length of [100_000, cat.length]) {
      const response = await send(resumable, 'POST', {
        headers: { 'upload-length': String(cat.length), 'content-type': 'application/offset+octet-stream' },
        body: cat.subarray(0, length),
      });
      expect([response.status, response.headers.get('upload-offset')]).toEqual([201, String(length)]);
      const url = response.headers.get('location') ?? '';
      expect(await offsetOf(url)).toBe(String(length));
      expect((await recordOf(url))?.status).toBe(length === cat.length ? 'received' : 'awaiting_upload');
    }
  });
});

describe('pieces', () => {
  it('make the image with the last of them, before it is answered', async () => {
    const url = await create(resumable, cat.length, { metadata: { filename: 'cat.png' } });
    for (let offset = 0; offset < cat.length; offset += 50_000) {
      const response = await patch(resumable, url, offset, cat.subarray(offset, offset + 50_000));
      const end = Math.min(offset + 50_000, cat.length);
      expect([response.status, response.headers.get('upload-offset')]).toEqual([204, String(end)]);
      expect(response.headers.has('upload-expires')).toBe(end < cat.length);
      expect((await recordOf(url))?.status).toBe(end < cat.length ? 'awaiting_upload' : 'received');
    }
    const record = await recordOf(url);
    const { stream } = await house.platform.objects.read(record?.original?.key ?? '');
    expect((await fingerprint(stream)).sha256).toBe(sha256(cat));
    expect((await head(url)).headers.get('upload-length')).toBe(String(cat.length));
    expect(await offsetOf(url)).toBe(String(cat.length));
  });

  it('may be no bytes at all', async () => {
    const url = await create(resumable, cat.length);
    expect((await patch(resumable, url, 0, new Uint8Array())).headers.get('upload-offset')).toBe('0');
  });

  it.each([
    ['at another offset', 5, {}, 409, 'offset_mismatch'],
    ['without an offset', 0, { 'upload-offset': '' }, 400, 'invalid_request'],
    ['at an offset that is no number', 0, { 'upload-offset': 'x' }, 400, 'invalid_request'],
    ['of another type', 0, { 'content-type': 'image/png' }, 415, 'unsupported_media_type'],
    ['that say how long the upload is', 0, { 'upload-length': '5' }, 501, 'invalid_request'],
    ['with a checksum of an unknown kind', 0, { 'upload-checksum': 'crc32 AAAA' }, 400, 'invalid_request'],
  ])('are refused %s', async (_, offset, headers, status, code) => {
    const url = await create(resumable, cat.length);
    const response = await patch(resumable, url, offset, cat.subarray(offset, 1_000), headers);
    expect(await refusal(response)).toEqual([status, code]);
    expect(await offsetOf(url)).toBe('0');
  });

  it('past the length are refused, announced or not, and those before are kept', async () => {
    const url = await create(resumable, cat.length);
    const more = Buffer.concat([cat, Buffer.of(0)]);
    const announced = await patch(resumable, url, 0, more, { 'content-length': String(more.length) });
    expect(await refusal(announced)).toEqual([413, 'file_too_large']);
    expect(await refusal(await patch(resumable, url, 0, inChunks(more)))).toEqual([413, 'file_too_large']);
    const offset = Number(await offsetOf(url));
    expect(offset).toBeLessThan(cat.length);
    expect((await patch(resumable, url, offset, cat.subarray(offset))).status).toBe(204);
    expect((await recordOf(url))?.original?.sha256).toBe(sha256(cat));
  });

  it('that break off are kept as far as they came', async () => {
    const url = await create(resumable, cat.length);
    const response = await patch(resumable, url, 0, brokenAfter(cat, 100_000));
    expect(await refusal(response)).toEqual([400, 'upload_interrupted']);
    const offset = Number(await offsetOf(url));
    expect(offset).toBeGreaterThan(0);
    expect(offset).toBeLessThanOrEqual(100_000);
    expect((await patch(resumable, url, offset, cat.subarray(offset))).status).toBe(204);
    expect((await recordOf(url))?.original?.sha256).toBe(sha256(cat));
  });

  it('sent again after the end change nothing', async () => {
    const url = await create(resumable, cat.length);
    await patch(resumable, url, 0, cat);
    expect(await refusal(await patch(resumable, url, 0, cat))).toEqual([409, 'offset_mismatch']);
    expect(await refusal(await patch(resumable, url, cat.length, Buffer.of(1)))).toEqual([
      413,
      'file_too_large',
    ]);
    expect((await patch(resumable, url, cat.length, new Uint8Array())).status).toBe(204);
    expect((await house.events()).filter(({ type }) => type === 'image.received')).toHaveLength(1);
  });

  it.each([
    ['of another tenant', { tenantId: 'other' }],
    ['that never was', { url: `${TUS_URL}/0190b2c4-0000-7000-8000-000000000000` }],
    ['whose id is a path', { url: `${TUS_URL}/..%2f..%2fetc%2fpasswd` }],
    ['whose id goes on', { url: undefined, more: '/x' }],
    ['without an id', { url: TUS_URL }],
  ])(
    'find no upload %s',
    async (_, {
      url,
      tenantId,
      more = '',
    }: { url?: string | undefined; tenantId?: string; more?: string }) => {
      const target = `${url ?? (await create(resumable, cat.length))}${more}`;
      for (const method of ['HEAD', 'PATCH', 'DELETE']) {
        const headers = { 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' };
        const request = {
          url: target,
          headers,
          ...(tenantId && { tenantId }),
          ...(method === 'PATCH' && { body: cat }),
        };
        expect((await send(resumable, method, request)).status, method).toBe(404);
      }
      expect((await house.bytesLeft()).partials).toEqual([]);
    },
  );

  it('may be sent through what knows only POST', async () => {
    const url = await create(resumable, cat.length);
    const response = await send(resumable, 'POST', {
      url,
      body: cat,
      headers: {
        'x-http-method-override': 'PATCH',
        'content-type': 'application/offset+octet-stream',
        'upload-offset': '0',
      },
    });
    expect([response.status, response.headers.get('upload-offset')]).toEqual([204, String(cat.length)]);
  });

  it('of a reservation made elsewhere are welcome, and have to be what it declared', async () => {
    for (const [declared, status] of [
      [sha256(cat), 204],
      [sha256(Buffer.of(1)), 460],
    ] as const) {
      const request = { filename: 'cat.png', size: cat.length, sha256: declared };
      const { stored } = await house.intake.reserve({ ...OWNER, source: 'signed_upload', request });
      const url = `${TUS_URL}/${stored.record.image_id}?exp=1&sig=k.x`;
      expect(await offsetOf(url)).toBe('0');
      expect((await patch(resumable, url, 0, cat)).status).toBe(status);
      expect((await recordOf(url))?.status).toBe(status === 204 ? 'received' : 'rejected');
    }
    expect((await house.bytesLeft()).objects).toHaveLength(1);
  });
});

describe('checksums', () => {
  it.each([['sha1'], ['sha256'], ['md5']])('%s that match are taken', async (algorithm) => {
    const url = await create(resumable, cat.length);
    const first = cat.subarray(0, 100_000);
    expect((await patch(resumable, url, 0, first, checksum(algorithm, first))).status).toBe(204);
    const rest = cat.subarray(100_000);
    expect((await patch(resumable, url, 100_000, rest, checksum(algorithm, rest))).status).toBe(204);
    expect((await recordOf(url))?.original?.sha256).toBe(sha256(cat));
  });

  it.each([
    ['at the start, where they are no picture either', 0],
    ['in the middle', 100_000],
  ])('that do not match discard the bytes: damaged %s', async (_, offset) => {
    const url = await create(resumable, cat.length);
    if (offset > 0) await patch(resumable, url, 0, cat.subarray(0, offset));
    const good = cat.subarray(offset);
    const damaged = Buffer.from(good);
    damaged.fill(0, 0, 100);
    const response = await patch(resumable, url, offset, damaged, checksum('sha1', good));
    expect(await refusal(response)).toEqual([460, 'checksum_mismatch']);
    expect(await offsetOf(url)).toBe(String(offset));
    expect((await patch(resumable, url, offset, good, checksum('sha1', good))).status).toBe(204);
    expect((await recordOf(url))?.original?.sha256).toBe(sha256(cat));
  });

  it('of a piece that breaks off discard it', async () => {
    const url = await create(resumable, cat.length);
    const response = await patch(resumable, url, 0, brokenAfter(cat, 100_000), checksum('sha1', cat));
    expect(response.status).toBe(400);
    expect(await offsetOf(url)).toBe('0');
  });
});

describe('what is no picture', () => {
  const text = Buffer.alloc(50_000, 'just text ');

  it.each([
    ['refused by its first bytes, before the rest is sent', 1_000],
    ['refused when it is complete, where the first bytes were too few to tell', 10],
  ])('is %s', async (_, length) => {
    const url = await create(resumable, text.length);
    let response = await patch(resumable, url, 0, text.subarray(0, length));
    for (let offset = length; response.ok; offset += 10_000) {
      response = await patch(resumable, url, offset, text.subarray(offset, offset + 10_000));
    }
    expect(await refusal(response)).toEqual([415, 'unsupported_format']);
    expect(await recordOf(url)).toMatchObject({ status: 'rejected', error: { code: 'unsupported_format' } });
    expect(await house.bytesLeft()).toEqual({ objects: [], partials: [], files: [] });
    expect((await house.events()).at(-1)).toMatchObject({
      type: 'image.rejected',
      errorCode: 'unsupported_format',
    });
  });

  it('is told again to who asks again', async () => {
    const url = await create(resumable, text.length);
    await patch(resumable, url, 0, text);
    expect((await head(url)).status).toBe(415);
    expect(await refusal(await patch(resumable, url, 0, text))).toEqual([415, 'unsupported_format']);
    expect((await house.events()).filter(({ type }) => type === 'image.rejected')).toHaveLength(1);
  });
});

describe('the end of an upload', () => {
  it('comes by DELETE, which leaves nothing', async () => {
    const url = await create(resumable, cat.length);
    await patch(resumable, url, 0, cat.subarray(0, 100_000));
    expect((await send(resumable, 'DELETE', { url })).status).toBe(204);
    expect((await head(url)).status).toBe(404);
    expect(await house.bytesLeft()).toEqual({ objects: [], partials: [], files: [] });
    expect(await house.statuses()).toEqual(['erased']);
  });

  it('does not come to what is an image', async () => {
    const url = await create(resumable, cat.length);
    await patch(resumable, url, 0, cat);
    expect(await refusal(await send(resumable, 'DELETE', { url }))).toEqual([409, 'already_uploaded']);
    expect((await recordOf(url))?.status).toBe('received');
  });

  it('comes after a day', async () => {
    const url = await create(resumable, cat.length);
    await patch(resumable, url, 0, cat.subarray(0, 100_000));
    house.clock.advance(24 * HOUR);
    expect((await head(url)).status).toBe(404);
    expect((await patch(resumable, url, 100_000, cat.subarray(100_000))).status).toBe(404);
  });
});

describe('several at once', () => {
  it('at the same offset: one gets through, the bytes are right, and offsets never go back', async () => {
    for (let round = 0; round < 5; round += 1) {
      const url = await create(resumable, cat.length);
      const pieces = Array.from({ length: 8 }, () =>
        patch(resumable, url, 0, inChunks(cat.subarray(0, 120_000), 7_000)),
      );
      const statuses = (await Promise.all(pieces)).map(({ status }) => status).sort();
      expect(statuses).toEqual([204, 409, 409, 409, 409, 409, 409, 409]);
      expect(await offsetOf(url)).toBe('120000');
      const rest = Array.from({ length: 4 }, () => patch(resumable, url, 120_000, cat.subarray(120_000)));
      expect((await Promise.all(rest)).filter(({ ok }) => ok)).toHaveLength(1);
      expect((await recordOf(url))?.original?.sha256).toBe(sha256(cat));
    }
  });

  it('who comes back after a dead connection does not wait for it', async () => {
    const impatient = openResumable(house, { drainMs: 100 });
    const url = await create(impatient, cat.length);
    async function* dead() {
      yield cat.subarray(0, 100_000);
      await setTimeout(60_000, undefined, { ref: false });
    }
    const first = patch(impatient, url, 0, dead());
    await setTimeout(50);
    const state = await head(url, impatient);
    expect(state.headers.get('upload-offset')).toBe('100000');
    expect((await patch(impatient, url, 100_000, cat.subarray(100_000))).status).toBe(204);
    await first;
    expect((await recordOf(url))?.original?.sha256).toBe(sha256(cat));
  });

  it('in pieces and all at once: one image, and its bytes are those of one sender', async () => {
    const other = Buffer.concat([cat.subarray(0, -1), Buffer.of(1)]);
    for (let round = 0; round < 10; round += 1) {
      const url = await create(resumable, cat.length);
      const [piece] = await Promise.all([
        patch(resumable, url, 0, inChunks(other, 40_000)),
        house.intake.receiveReserved(TENANT, imageIdOf(url), { body: inChunks(cat, 30_000) }).catch(() => {}),
      ]);
      expect([204, 404, 409, 423]).toContain(piece.status);
      const record = await recordOf(url);
      const { stream } = await house.platform.objects.read(record?.original?.key ?? '');
      expect((await fingerprint(stream)).sha256).toBe(record?.original?.sha256);
    }
    expect((await house.bytesLeft()).partials).toEqual([]);
  });
});

it('what nobody foresaw is thrown, for the server to log and to answer', async () => {
  const url = await create(resumable, cat.length);
  const intake = { ...house.intake, pieces: () => Promise.reject(new TypeError('a bug')) };
  await expect(head(url, openResumable(house, { intake }))).rejects.toThrow('a bug');
});

describe('after a crash', () => {
  it.each([
    ['of a picture', () => cat, 204, 'received'],
    ['of what is none', () => Buffer.alloc(50_000, 'text '), 415, 'rejected'],
  ] as const)(
    'at any call of the last piece %s, its sender comes again and all is well',
    async (_, bytes, status, ended) => {
      for (const moment of ['before', 'after'] as const) {
        for (let call = 1; ; call += 1) {
          const url = await create(resumable, bytes().length);
          await patch(resumable, url, 0, bytes().subarray(0, 40));
          const dying = dyingAt(house.deps, { call, moment });
          const doomed = openResumable(house, { intake: createIntake(dying.deps) });
          await patch(doomed, url, 40, bytes().subarray(40)).catch(() => {});
          if (!dying.hasDied()) break;
          expect(call).toBeLessThan(30);

          const state = await head(url);
          if (state.ok && state.headers.get('upload-offset') !== String(bytes().length)) {
            const offset = Number(state.headers.get('upload-offset'));
            expect((await patch(resumable, url, offset, bytes().subarray(offset))).status).toBe(status);
          }
          const record = await recordOf(url);
          expect(record?.status, `${moment} call ${call}`).toBe(ended);
          const kept = await house.platform.objects.head(`raw/${TENANT}/${imageIdOf(url)}`);
          expect(kept?.size).toBe(ended === 'received' ? bytes().length : undefined);
          if (record?.original) expect(record.original.sha256).toBe(sha256(cat));
        }
      }
      expect((await house.bytesLeft()).files).toEqual([]);
    },
  );
});
