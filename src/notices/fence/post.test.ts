import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFence, type FenceOptions, type Resolve } from './fence.ts';
import { type Posted, postFenced } from './post.ts';
import { createResolve } from './resolve.ts';
import { type NameServer, startNameServer } from './testing/name-server.ts';
import { type Receiver, startReceiver } from './testing/receiver.ts';

let receiver: Receiver;
let names: NameServer | undefined;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  names?.close();
  names = undefined;
  await receiver.close();
});

const nobody: Resolve = async () => {
  throw Object.assign(new Error('nobody is asked'), { code: 'ENOTFOUND' });
};
const LOCAL = { allowHttp: true, allowPrivate: ['127.0.0.1'] };

function post(url: string, options: Partial<FenceOptions> = {}, timeoutMs = 3_000): Promise<Posted> {
  const fence = createFence({ resolve: nobody, ...LOCAL, ...options });
  return postFenced({ fence, url, timeoutMs, headers: { 'x-a': 'b' }, body: '{"é":1}' });
}

describe('what is posted', () => {
  it('arrives as it is', async () => {
    expect(await post(receiver.url)).toEqual({ status: 200, response: 'thanks' });
    expect(receiver.got).toMatchObject([
      { body: '{"é":1}', path: '/hook', headers: { 'x-a': 'b', 'content-length': '8' } },
    ]);
  });

  it.each([201, 204, 400, 404, 410, 429, 500, 503])('is answered with %i', async (status) => {
    receiver.answer = (response) => response.writeHead(status).end();
    expect(await post(receiver.url)).toMatchObject({ status });
  });

  it('is not sent after a redirect', async () => {
    const canary = await startReceiver();
    for (const to of [canary.url, 'http://169.254.169.254/latest/meta-data/', '//evil.example/']) {
      receiver.answer = (response) => response.writeHead(307, { location: to }).end();
      expect(await post(receiver.url)).toMatchObject({ status: 307 });
    }
    expect([receiver.got.length, canary.got.length]).toEqual([3, 0]);
    await canary.close();
  });

  it('reads no more of the answer than is kept, and nothing unprintable', async () => {
    receiver.answer = (response) => {
      const endless = () => response.write('a\0\x1b[31mé'.repeat(10_000), () => setImmediate(endless));
      endless();
    };
    const posted = await post(receiver.url);
    expect(posted).toMatchObject({ status: 200 });
    const { response } = posted as { response: string };
    expect(response.length).toBeGreaterThan(500);
    expect(response.length).toBeLessThanOrEqual(1_024);
    expect(response).toMatch(/^(a\[31mé)+a?(\[(31?m?)?)?$/);
  });

  it('counts when the answer has begun, however slowly it goes on', async () => {
    receiver.answer = (response) => void response.write('some');
    expect(await post(receiver.url, {}, 1_000)).toEqual({ status: 200, response: 'some' });
  });

  it('is given up after the deadline', async () => {
    receiver.answer = () => {};
    expect(await post(receiver.url, {}, 100)).toEqual({ error: 'timeout' });
  });

  it.each([
    ['Retry-After: 120', { 'retry-after': '120' }, 120_000],
    ['nothing', {}, undefined],
    ['nonsense', { 'retry-after': 'soon' }, undefined],
  ])('comes again when the answer says so: %s', async (_name, headers, expected) => {
    receiver.answer = (response) => response.writeHead(503, headers).end();
    expect(await post(receiver.url)).toEqual({
      status: 503,
      response: '',
      ...(expected && { retryAfterMs: expected }),
    });
  });

  it('is not lost without a word', async () => {
    const gone = receiver.url;
    expect(await post(gone.replace('http:', 'https:'))).toEqual({ error: 'tls_failed' });
    receiver.answer = (response) => void response.destroy();
    expect(await post(gone)).toEqual({ error: 'connection_lost' });
    await receiver.close();
    expect(await post(gone)).toEqual({ error: 'connection_refused' });
    expect(await post('http://name.example/')).toEqual({ error: 'name_not_found' });
  });
});

describe('a URL', () => {
  const wrong: [url: string, words: string, options?: Partial<FenceOptions>][] = [
    ['http://example.com/', 'https://', { allowHttp: false }],
    ['ftp://example.com/', 'https:// or http://'],
    ['file:///etc/passwd', 'https:// or http://'],
    ['nonsense', 'must be a URL'],
    [`https://example.com/${'x'.repeat(2_000)}`, '2000 characters'],
    ['https://name:password@example.com/', 'password'],
    ['https://example.com:22/', 'port 22'],
    ['https://example.com:25/', 'port 25'],
    ['https://127.0.0.2/', 'loopback'],
    ['https://0x7f.2/', 'loopback'],
    ['https://2130706434/', 'loopback'],
    ['https://0177.0.0.2/', 'loopback'],
    ['https://[::1]/', 'not global unicast'],
    ['https://[::ffff:169.254.169.254]/', 'metadata'],
    ['https://169.254.169.254/', 'metadata'],
    ['https://10.0.0.1:8443/', 'private'],
  ];
  it.each(wrong)('%s is refused', async (url, words, options = {}) => {
    const { assertAllowed } = createFence({ resolve: nobody, ...LOCAL, ...options });
    expect(() => assertAllowed(url)).toThrow(words);
    expect(await post(url, options)).toEqual({ error: 'address_forbidden' });
  });

  it.each([
    'https://example.com/a?b=c',
    'https://example.com:8443/',
    'https://8.8.8.8/',
    'https://[2606::1]/',
  ])('%s is taken', (url) => {
    expect(createFence({ resolve: nobody }).assertAllowed(url).href).toBe(url);
  });
});

describe('a name', () => {
  const named = () => `http://hook.example:${receiver.port}/`;

  async function resolving(answer: (n: number) => readonly string[]): Promise<Resolve> {
    names = await startNameServer(answer);
    return createResolve({ servers: [names.server], timeoutMs: 2_000 });
  }

  it('is looked up, once for each sending', async () => {
    const resolve = await resolving(() => ['127.0.0.1']);
    expect(await post(named(), { resolve })).toMatchObject({ status: 200 });
    expect(receiver.got[0]?.headers.host).toBe(`hook.example:${receiver.port}`);
    expect(names?.asked).toBe(1);
  });

  it('that means something else a moment later changes nothing', async () => {
    const canary = await startReceiver({ host: '127.0.0.2', port: receiver.port });
    const resolve = await resolving((n) => (n === 0 ? ['127.0.0.1'] : ['127.0.0.2']));
    expect(await post(named(), { resolve })).toMatchObject({ status: 200 });
    for (let again = 0; again < 3; again += 1) {
      expect(await post(named(), { resolve })).toEqual({ error: 'address_forbidden' });
    }
    expect([receiver.got.length, canary.got.length]).toEqual([1, 0]);
    await canary.close();
  });

  it.each([
    ['a forbidden address', ['10.0.0.1']],
    ['one among others', ['127.0.0.1', '169.254.169.254']],
    ['one after an address of the internet', ['8.8.8.8', '127.0.0.2']],
  ])('with %s is not reached', async (_name, addresses) => {
    const resolve = await resolving(() => addresses);
    expect(await post(named(), { resolve })).toEqual({ error: 'address_forbidden' });
    expect(receiver.got).toEqual([]);
  });

  it('that nobody has is said so', async () => {
    const resolve = await resolving(() => []);
    expect(await post(named(), { resolve })).toEqual({ error: 'name_not_found' });
  });

  it('of this machine is forbidden like its address', async () => {
    const resolve = createResolve();
    const url = `http://localhost:${receiver.port}/`;
    expect(await post(url, { resolve, allowPrivate: [] })).toEqual({ error: 'address_forbidden' });
    expect(receiver.got).toEqual([]);
  });
});
