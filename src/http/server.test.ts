import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageRecord } from '../images/image.ts';
import { type Listening, type ListenOptions, listen } from './server.ts';
import { API_KEY, authorised, type House, openHouse, problemOf, sampleBytes } from './testing/house.ts';
import { sentEvents } from './testing/sent-events.ts';

let house: House;
let server: Listening;
let rocket: Uint8Array<ArrayBuffer>;
const open: Listening[] = [];

beforeAll(async () => {
  house = await openHouse({ works: false });
  rocket = await sampleBytes('rocket.jpg');
  server = await start();
  house.publicUrl = server.url;
});
afterAll(async () => {
  for (const listening of open) await listening.close(0);
  await house.close();
});

async function start(timeouts: ListenOptions['timeouts'] = {}, app = house.app): Promise<Listening> {
  const listening = await listen(app, { host: '127.0.0.1', port: 0, timeouts });
  open.push(listening);
  return listening;
}

const call = (path: string, init: RequestInit = {}) => fetch(server.url + path, authorised(init));

async function send(): Promise<ImageRecord> {
  return (await (await call('/v1/images', { method: 'POST', body: rocket })).json()) as ImageRecord;
}

/** A connection on which the test speaks HTTP itself. */
async function raw({ port }: Listening = server): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** What the server says until it closes. */
async function allOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk as Buffer));
  if (!socket.closed) await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

/** An answer that was written on a bare connection, as a Response. */
function parse(text: string): Response {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const [line = '', ...headers] = head.split('\r\n');
  const pairs = headers.map((header) => header.split(/: (.*)/s).slice(0, 2) as [string, string]);
  return new Response(body, { status: Number(line.split(' ')[1]), headers: pairs });
}

const head = (line: string, headers: Record<string, string | number> = {}) =>
  `${line}\r\n${Object.entries({ host: 'x', authorization: `Bearer ${API_KEY}`, ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

async function everything(): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of house.platform.objects.list('')) found.push(key);
  for await (const { record } of house.platform.upkeep.all()) found.push(record.image_id);
  return found.toSorted();
}

describe('bodies over a socket', () => {
  it('arrive whole, and are sent back whole and in parts', async () => {
    const { image_id } = await send();
    const original = await call(`/v1/image/${image_id}/original`);
    expect(new Uint8Array(await original.arrayBuffer())).toEqual(rocket);
    const part = await call(`/v1/image/${image_id}/original`, { headers: { range: 'bytes=100-199' } });
    expect([part.status, part.headers.get('content-length')]).toEqual([206, '100']);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(rocket.slice(100, 200));
    const described = await call(`/v1/image/${image_id}/original`, { method: 'HEAD' });
    expect(described.headers.get('content-length')).toBe(String(rocket.length));
  });

  it.each([
    ['a raw body', {}],
    ['a form', { 'content-type': 'multipart/form-data; boundary=b' }],
  ])('leave nothing where %s stops half way', async (_name, headers) => {
    const before = await everything();
    const socket = await raw();
    socket.write(head('POST /v1/images HTTP/1.1', { 'content-length': rocket.length, ...headers }));
    if ('content-type' in headers)
      socket.write('--b\r\ncontent-disposition: form-data; name=f; filename=x\r\n\r\n');
    socket.write(rocket.subarray(0, rocket.length / 2));
    await new Promise((resolve) => setTimeout(resolve, 60));
    socket.destroy();
    await expect
      .poll(() => house.logged.filter(({ route, broken_off }) => route === '/v1/images' && broken_off).length)
      .toBeGreaterThan(0);
    expect(await everything()).toEqual(before);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });

  it('are refused while they are sent, without being read to their end', async () => {
    const socket = await raw();
    socket.write(
      head('POST /v1/images HTTP/1.1', { 'transfer-encoding': 'chunked', 'x-request-id': 'endless' }),
    );
    const chunk = Buffer.concat([
      Buffer.from('10000\r\n'),
      Buffer.alloc(0x10000, rocket),
      Buffer.from('\r\n'),
    ]);
    let sent = 0;
    const sending = (async () => {
      while (!socket.destroyed && sent < 64 * 2 ** 20) {
        sent += chunk.length;
        if (!socket.write(chunk)) {
          await new Promise<void>((resolve) => {
            const go = () => {
              socket.off('drain', go).off('close', go);
              resolve();
            };
            socket.on('drain', go).on('close', go);
          });
        }
      }
    })();
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect((await problemOf(parse(first.toString()))).code).toBe('file_too_large');
    socket.destroy();
    await sending;
    expect(sent).toBeLessThan(40 * 2 ** 20);
  });

  it('are signed as they are written: a link with escapes works', async () => {
    const { image_id } = await send();
    const body = JSON.stringify({ filename: 'x.jpg', size: rocket.length });
    const headers = { 'content-type': 'application/json' };
    const place = (await (await call('/v1/upload', { method: 'POST', headers, body })).json()) as {
      upload: { url: string };
    };
    expect((await fetch(place.upload.url, { method: 'PUT', body: rocket })).status).toBe(200);
    const link = await call(`/v1/image/${image_id}/link`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ params: { dl: `ü & "it's" 100%.jpg` } }),
    });
    const { url } = (await link.json()) as { url: string };
    expect((await problemOf(await fetch(url))).code).toBe('image_not_ready');
    const reEncoded = url.replace('%C3%BC', '%c3%bc');
    expect((await problemOf(await fetch(reEncoded))).code).toBe('signature_invalid');
  });
});

describe('events over a socket', () => {
  it('go on by Last-Event-ID after the connection was cut', async () => {
    const cut = new AbortController();
    const first = sentEvents(await call('/v1/events', { signal: cut.signal }));
    await send();
    const seen = await first.next();
    cut.abort();
    await first.next().catch(() => {});
    const { image_id } = await send();
    const headers = { 'last-event-id': seen.value?.id ?? '' };
    const stop = new AbortController();
    const second = sentEvents(await call('/v1/events', { headers, signal: stop.signal }));
    const next = await second.next();
    expect(JSON.parse(next.value?.data ?? '{}')).toMatchObject({ type: 'image.received', image_id });
    stop.abort();
    await expect.poll(() => house.services.live.listeners).toBe(0);
  });
});

describe('a body where none is read', () => {
  it.each([1_000, 70_000, 2_000_000])('of %d bytes does not break the connection', async (size) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const statuses: (number | undefined)[] = [];
    for (let round = 0; round < 3; round += 1) statuses.push(await statusWithBody(agent, size));
    agent.destroy();
    expect(statuses).toEqual([200, 200, 200]);
  });

  function statusWithBody(agent: Agent, size: number): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const sending = request(`${server.url}/openapi.json`, { agent, headers: { 'content-length': size } });
      sending.once('error', reject);
      sending.once('response', (response) => {
        response.once('error', reject).once('end', () => resolve(response.statusCode));
        response.resume();
      });
      sending.end(Buffer.alloc(size, 'x'));
    });
  }
});

it('lets clients read why they are refused while they still send', async () => {
  const tooLarge = new Uint8Array(11 * 2 ** 20);
  tooLarge.set(rocket);
  const statuses = new Set<number>();
  for (let round = 0; round < 20; round += 1) {
    const sent = [1, 2, 3, 4].map(() => call('/v1/images', { method: 'POST', body: tooLarge }));
    for (const answer of await Promise.all(sent)) statuses.add(answer.status);
  }
  expect([...statuses]).toEqual([413]);
});

describe('slow clients', () => {
  it('are cut when they do not read, and what they held is let go', async () => {
    const impatient = await start({ idle: 150 });
    const big = new Uint8Array(9 * 2 ** 20);
    big.set(rocket);
    const sent = await call('/v1/images', { method: 'POST', body: big });
    const { image_id } = (await sent.json()) as ImageRecord;
    const socket = await raw(impatient);
    socket.pause();
    socket.write(head(`GET /v1/image/${image_id}/original HTTP/1.1`, { 'x-request-id': 'never-reads' }));
    await expect
      .poll(() => house.logged.find(({ request_id }) => request_id === 'never-reads'), { timeout: 5000 })
      .toMatchObject({ status: 200, broken_off: true });
    socket.destroy();
  });

  it('are cut when they follow events and do not read, and nothing piles up for them', async () => {
    let pages = 0;
    const event = { type: 'image.ready', tenantId: 'main', imageId: 'i', status: 'ready', at: 0 } as const;
    const endless = {
      latestId: async () => '0',
      since: async () => {
        pages += 1;
        return Array.from({ length: 100 }, (_, n) => ({ ...event, id: `${pages}-${n}` }));
      },
    };
    const impatient = await start({ idle: 150 }, house.appWith({ events: endless }));
    const socket = await raw(impatient);
    socket.pause();
    socket.write(head('GET /v1/events HTTP/1.1', { 'x-request-id': 'never-listens' }));
    await expect
      .poll(() => house.logged.some(({ request_id }) => request_id === 'never-listens'), { timeout: 10_000 })
      .toBe(true);
    const atTheCut = pages;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(pages).toBe(atTheCut);
    expect(house.services.live.listeners).toBe(0);
    socket.destroy();
  });

  it('are cut when they stop in the middle of a body', async () => {
    const impatient = await start({ idle: 150 });
    const before = await everything();
    const socket = await raw(impatient);
    socket.write(head('POST /v1/images HTTP/1.1', { 'content-length': rocket.length }));
    socket.write(rocket.subarray(0, 1000));
    await allOf(socket);
    expect(await everything()).toEqual(before);
  });

  it('are told so when the head of their request takes too long', async () => {
    const impatient = await start({ headers: 100, idle: 5000 });
    const socket = await raw(impatient);
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ');
    const answer = parse(await allOf(socket));
    expect((await problemOf(answer)).code).toBe('request_timeout');
  });
});

describe('what is no request', () => {
  const cases: [name: string, text: string, code: string][] = [
    ['noise', '\u0016\u0003\u0001 noise\r\n\r\n', 'invalid_request'],
    ['headers without end', `GET / HTTP/1.1\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`, 'headers_too_large'],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
      'invalid_request',
    ],
    ['a host that is none', 'GET / HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n', 'invalid_request'],
    ['a backslash', 'GET /a\\b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 'invalid_request'],
  ];
  it.each(cases)('%s gets a problem document', async (_name, text, code) => {
    const socket = await raw();
    socket.write(text);
    expect((await problemOf(parse(await allOf(socket)))).code).toBe(code);
  });
});

describe('the log', () => {
  it('tells how many bytes went in and out', async () => {
    const headers = { 'x-request-id': 'counted' };
    const sent = await call('/v1/images', { method: 'POST', body: rocket, headers });
    await sent.arrayBuffer();
    await expect.poll(() => house.logged.some(({ request_id }) => request_id === 'counted')).toBe(true);
    const line = house.logged.find(({ request_id }) => request_id === 'counted');
    expect(line?.bytes_in).toBeGreaterThan(rocket.length);
    expect(line?.bytes_in).toBeLessThan(rocket.length + 1000);
    expect(line?.bytes_out).toBeGreaterThan(500);
  });
});

describe('closing', () => {
  it('finishes what is in flight, ends what waits, and takes nothing new', async () => {
    const closing = await start();
    const at = (path: string, init: RequestInit = {}) => fetch(closing.url + path, authorised(init));
    const { image_id } = await send();
    const events = sentEvents(await at('/v1/events'));
    const waiting = at(`/v1/image/${image_id}?wait=ready`);
    const upload = await raw(closing);
    upload.write(head('POST /v1/images HTTP/1.1', { 'content-length': rocket.length }));
    upload.write(rocket.subarray(0, 5000));
    await expect.poll(() => house.services.live.listeners).toBe(2);

    const closed = closing.close(5000);
    expect((await events.next()).done).toBe(true);
    expect((await (await waiting).json()) as ImageRecord).toMatchObject({ status: 'received' });
    await expect(at('/healthz')).rejects.toThrow();
    upload.write(rocket.subarray(5000));
    expect(parse(await allOf(upload)).status).toBe(202);
    await closed;
  });

  it('cuts what is left after the grace', async () => {
    const closing = await start();
    const socket = await raw(closing);
    socket.write(head('POST /v1/images HTTP/1.1', { 'content-length': rocket.length }));
    socket.write(rocket.subarray(0, 5000));
    await expect.poll(async () => (await fetch(`${closing.url}/healthz`)).status).toBe(200);
    await closing.close(100);
    if (!socket.closed) await once(socket, 'close');
  });
});

describe('listening', () => {
  it('says where, and why it cannot', async () => {
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    await expect(listen(house.app, { host: '127.0.0.1', port: server.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      syscall: 'listen',
    });
  });
});
