import { Agent, type OutgoingHttpHeaders, request } from 'node:http';
import jsCore from '@imgix/js-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extent } from '../../test/harness/extent.ts';
import { arbitraryMutations, mutated } from '../delivery/testing/arbitrary-mutation.ts';
import type { ImageRecord } from '../images/image.ts';
import { patchedSettings } from '../tenants/patch.ts';
import { type Listening, listen } from './server.ts';
import { type House, openHouse, TENANT } from './testing/house.ts';

/** Nothing but the URL that was signed, byte for byte, gets a picture out of a running server. */

const TOKEN = 'a-token-of-the-fuzzer';
/** of both kinds of signatures, with those that change nothing or come again: more than 10,000 remain of the long form */
const MUTATIONS = extent({ short: 3_000, long: 16_000 });
const AT_ONCE = 50;
const REFUSALS: readonly number[] = [400, 403, 404, 405];
const TOO_MANY_REQUESTS = 429;
/** "not now" would show nothing: only what is not even about a picture may be answered so. */
const isRefusal = (target: string, status: number) =>
  REFUSALS.includes(status) || (status === TOO_MANY_REQUESTS && !target.startsWith('/i/'));

let house: House;
let server: Listening;
let [record, other]: (ImageRecord | undefined)[] = [];
const agent = new Agent({ keepAlive: true, maxSockets: 8 });
beforeAll(async () => {
  house = await openHouse();
  record = await house.upload('rocket.jpg');
  other = await house.upload('rocket.jpg');
  await house.services.tenants.change(TENANT, (before) =>
    patchedSettings(before, { delivery: 'signed', imgix_token: TOKEN }),
  );
  server = await listen(house.app, { host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  agent.destroy();
  await server.close(0);
  await house.close();
});

const path = () => `/i/${record?.image_id}/a%20rocket.jpg`;
const params = { v: 'thumbnail', fm: 'jpg', txt: 'a b/c=d&e' };

async function ours(): Promise<string> {
  const signer = await house.services.links.signerOf(TENANT);
  return signer.sign({
    ...{ method: 'GET', path: path(), query: Object.entries(params) },
    expiresAt: house.clock.now() + 3_600_000,
  });
}

/** Its types tell of an ES module, and Node loads the other one, which is the class itself. */
const ImgixClient = jsCore as unknown as typeof jsCore.default;

async function imgixs(): Promise<string> {
  const client = new ImgixClient({
    ...{ domain: 'x.example', includeLibraryParam: false, secureURLToken: TOKEN },
  });
  const expires = Math.floor(house.clock.now() / 1000) + 3600;
  return client.buildURL(decodeURI(path()), { ...params, expires }).replace('https://x.example', '');
}

interface Seen {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** Sends a target as it is, where a client of web pages would mend it first. */
function send(target: string, method = 'GET', headers: OutgoingHttpHeaders = {}): Promise<Seen> {
  const { promise, resolve, reject } = Promise.withResolvers<Seen>();
  // Beyond ASCII as the bytes of UTF-8.
  const sent = Buffer.from(target, 'utf8').toString('latin1');
  const outgoing = request(
    { ...{ agent, method, headers }, host: '127.0.0.1', port: server.port, path: sent },
    async (incoming) => {
      try {
        const chunks: Buffer[] = await incoming.toArray();
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) });
      } catch (error) {
        reject(error);
      }
    },
  );
  outgoing.on('error', reject);
  outgoing.end();
  return promise;
}

describe.each([
  ['of Darkroom', ours],
  ['of imgix', imgixs],
])('a signed URL %s', (_, sign) => {
  it('is answered as it was signed', async () => {
    const target = await sign();
    const { status, headers, body } = await send(target);
    const thumbnail = record?.variants.find(({ name, format }) => name === 'thumbnail' && format === 'jpeg');
    expect([status, headers.etag, body.length]).toEqual([200, `"${thumbnail?.sha256}"`, thumbnail?.size]);
    const head = await send(target, 'HEAD');
    expect([head.status, head.headers.etag, head.body.length]).toEqual([200, headers.etag, 0]);
  });

  it('is answered in no other writing', async () => {
    const target = await sign();
    const tried = new Set<string>();
    const lists = fc.array(arbitraryMutations, { minLength: AT_ONCE, maxLength: AT_ONCE });
    await fc.assert(
      fc.asyncProperty(lists, async (mutations) => {
        const targets = mutations
          .map((list) => mutated(target, list))
          .filter((it) => it !== target && !tried.has(it));
        for (const it of targets) tried.add(it);
        const answers = await Promise.all(targets.map(async (it) => ({ it, ...(await send(it)) })));
        for (const { it, status, headers } of answers) {
          expect([it, status, isRefusal(it, status), headers.etag]).toEqual([it, status, true, undefined]);
          if (status === 403) expect(headers['cache-control']).toBe('no-store');
        }
      }),
      { numRuns: MUTATIONS / AT_ONCE / 2 },
    );
    expect(tried.size).toBeGreaterThan(MUTATIONS / 3.2);
  }, 120_000);

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'])('opens nothing for %s', async (method) => {
    const { status, headers } = await send(await sign(), method);
    expect([status >= 400, headers.etag]).toEqual([true, undefined]);
  });

  it('opens no other image, though the name and all else are the same', async () => {
    const target = (await sign()).replace(record?.image_id ?? '', other?.image_id ?? '');
    expect((await send(target)).status).toBe(403);
  });

  it('is not confirmed to somebody who changed it and has the picture already', async () => {
    const target = await sign();
    const { etag = '' } = (await send(target)).headers;
    expect((await send(target, 'GET', { 'if-none-match': etag })).status).toBe(304);
    expect((await send(`${target}0`, 'GET', { 'if-none-match': etag })).status).toBe(403);
  });

  it('ends', async () => {
    const target = await sign();
    house.clock.advance(3_600_000);
    const { status, body } = await send(target);
    house.clock.advance(-3_600_000);
    expect([status, JSON.parse(body.toString()).code]).toEqual([403, 'signature_expired']);
  });
});
