import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageRecord } from '../images/image.ts';
import { newImageId } from '../images/keys.ts';
import type { App } from './app.ts';
import { createDirectDelivery } from './direct-delivery.ts';
import { type Listening, listen } from './server.ts';
import { type House, openHouse } from './testing/house.ts';

let house: House;
let record: ImageRecord;
let server: Listening;
const open: Listening[] = [];
beforeAll(async () => {
  house = await openHouse();
  record = await house.upload('rocket.jpg');
  server = await start(house.app);
});
afterAll(async () => {
  for (const listening of open) await listening.close(0);
  await house.close();
});

async function start(app: App): Promise<Listening> {
  const listening = await listen(app, { host: '127.0.0.1', port: 0 });
  open.push(listening);
  return listening;
}

const logged = (requestId: string) => house.logged.filter(({ request_id }) => request_id === requestId);

const ID = newImageId(0);

describe('what is answered without the router', () => {
  const take = (url: string, method = 'GET') => {
    const answer = createDirectDelivery(house.services, () => new Promise(() => {}));
    const outgoing = { once: () => {} } as unknown as ServerResponse;
    const incoming = { url, method, headers: {}, socket: {} } as unknown as IncomingMessage;
    return answer(incoming, outgoing, new AbortController().signal);
  };

  it.each([
    `/i/${ID}`,
    `/i/${ID}?w=1`,
    `/i/${ID}/cat.jpg`,
    `/i/${ID}/cat.jpg?w=1&txt=a/../b`,
    `/i/${ID}/a%20b%C3%BC(1).jpg`,
    `/i/${ID}/...`,
    `/i/${ID}/.hidden`,
  ])('%s', (url) => {
    expect(take(url)).toBe(true);
    expect(take(url, 'HEAD')).toBe(true);
  });

  it.each([
    '/healthz',
    '/i/',
    '/i/x',
    `/I/${ID}`,
    `/i/${ID}/`,
    `/i/${ID}x`,
    `/i/${ID}/..`,
    `/i/${ID}/.?w=1`,
    `/i/${ID}/%2e%2e`,
    `/i/${ID}/%2E.`,
    `/i/${ID}/a%2fb`,
    `/i/${ID}/a%5cb`,
    `/i/${ID}/a%00b`,
    `/i/${ID}/a/b`,
    `/i/${ID}/a\\b`,
    `/i/${ID}/a%2`,
    `//i/${ID}`,
    `/i/${ID.toUpperCase()}`,
    `http://x/i/${ID}`,
  ])('and what is not: %s', (url) => {
    expect(take(url)).toBe(false);
  });

  it.each(['POST', 'DELETE', 'OPTIONS', 'get'])('nor anything but GET and HEAD: %s', (method) => {
    expect(take(`/i/${ID}`, method)).toBe(false);
  });
});

describe('over a socket', () => {
  const cases: [query: string, headers?: Record<string, string>, method?: string][] = [
    ['', { accept: 'image/webp' }],
    ['?w=200&auto=format', { accept: 'image/webp', 'save-data': 'on' }],
    ['?w=200&auto=format', { accept: '*/*', dpr: '2' }],
    ['/cat.jpg?v=medium&fm=jpg&g=1'],
    ['?v=medium&fm=jpg', {}, 'HEAD'],
    ['?w=200&fm=webp', { range: 'bytes=0-9' }],
    ['?w=200&fm=webp', { range: 'bytes=99999999-' }],
    ['?w=200&fm=webp', { 'if-none-match': '*' }],
    ['?fm=json'],
    ['?w=0'],
    ['?v=nothing'],
    ['?w=1&sig=k1.x'],
    ['?v=medium', { accept: 'text/html' }],
  ];
  it.each(cases)('%s %j is what the router answers too', async (query, headers = {}, method = 'GET') => {
    const path = `/i/${record.image_id}${query}`;
    const sent = { ...headers, 'x-request-id': 'same' };
    const direct = await fetch(server.url + path, { method, headers: sent });
    const routed = await house.app.request(path, { method, headers: sent });
    const told = async (response: Response) => {
      const {
        date: _,
        connection: __,
        'keep-alive': ___,
        'transfer-encoding': ____,
        ...others
      } = Object.fromEntries(response.headers);
      // A problem is as long as it is; the router does not say so.
      if (response.status >= 400) delete others['content-length'];
      return [response.status, others, new Uint8Array(await response.arrayBuffer())];
    };
    expect(await told(direct)).toEqual(await told(routed));
  });

  it('is counted and logged as every other request is', async () => {
    const response = await fetch(`${server.url}/i/${record.image_id}/x.jpg?v=medium&fm=jpg`, {
      headers: { 'x-request-id': 'a-picture' },
    });
    const { byteLength } = await response.arrayBuffer();
    await expect.poll(() => logged('a-picture').length).toBe(1);
    const [line] = logged('a-picture');
    expect(line).toMatchObject({
      ...{ level: 30, msg: 'request', method: 'GET', route: '/i/:image_id/:name', status: 200 },
      image_id: record.image_id,
    });
    expect(line?.bytes_out).toBeGreaterThan(byteLength);
    expect(JSON.stringify(line)).not.toContain('medium');
    const { text } = await house.services.metrics.scrape();
    expect(text).toMatch(
      /darkroom_http_requests_total\{[^}]*route="\/i\/:image_id\/:name",status="200"\} \d/,
    );
  });

  it('goes on to its end, however large it is', async () => {
    const path = `/i/${record.image_id}?fm=png`;
    const routed = await (await house.app.request(path)).arrayBuffer();
    expect(routed.byteLength).toBeGreaterThan(256 * 1024);
    const direct = await (await fetch(server.url + path)).arrayBuffer();
    expect(Buffer.from(direct).equals(Buffer.from(routed))).toBe(true);
  });

  it('tells a client to take its next request elsewhere when the server stops', async () => {
    const asked = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const { deriver } = house.services;
    const app = house.appWith({
      deriver: {
        ...deriver,
        deriveLater: () => {},
        derive: (order, signal) => deriver.derive(order, signal),
        find: async (order) => {
          asked.resolve();
          await go.promise;
          return deriver.find(order);
        },
      },
    });
    const stopping = await start(app);
    const response = fetch(`${stopping.url}/i/${record.image_id}?w=200&fm=webp`);
    await asked.promise;
    const stopped = stopping.close(5000);
    go.resolve();
    expect((await response).headers.get('connection')).toBe('close');
    await stopped;
  });
});

describe('a client that leaves', () => {
  it('is waited for by nobody, and noted without an alarm', async () => {
    const asked = Promise.withResolvers<AbortSignal | undefined>();
    const app = house.appWith({
      deriver: {
        ...house.services.deriver,
        find: async () => undefined,
        derive: async (_order, signal) => {
          asked.resolve(signal);
          await new Promise((resolve) => signal?.addEventListener('abort', resolve));
          throw signal?.reason;
        },
      },
    });
    const { url } = await start(app);
    const leaving = new AbortController();
    const headers = { 'x-request-id': 'a-leaver' };
    const path = `/i/${record.image_id}?w=333&fm=webp`;
    const response = fetch(url + path, { headers, signal: leaving.signal });
    const signal = await asked.promise;
    expect(signal?.aborted).toBe(false);
    leaving.abort();
    await expect(response).rejects.toThrow();
    await expect.poll(() => signal?.aborted).toBe(true);
    await expect.poll(() => logged('a-leaver').length).toBe(1);
    expect(logged('a-leaver')).toMatchObject([{ level: 30, status: 499, broken_off: true }]);
  });
});

describe('a picture that cannot be read to its end', () => {
  it('breaks the connection: nobody takes a part for the whole', async () => {
    const large = record.variants.find(({ name, format }) => name === 'large' && format === 'jpeg');
    const app = house.appWith({
      objects: {
        read: async () => ({
          size: large?.size ?? 0,
          stream: new ReadableStream({
            start: (controller) => controller.enqueue(new Uint8Array(100)),
            pull: (controller) => controller.error(new Error('the disk is gone')),
          }),
        }),
      },
    });
    const { url } = await start(app);
    const broken = async () =>
      (
        await fetch(`${url}/i/${record.image_id}?v=large&fm=jpg`, {
          headers: { range: 'bytes=0-999', 'x-request-id': 'broken' },
        })
      ).arrayBuffer();
    await expect(broken()).rejects.toThrow();
    await expect
      .poll(() => logged('broken').map(({ msg }) => msg))
      .toContain('a picture could not be read to its end');
  });
});
