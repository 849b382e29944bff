import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../failures.ts';
import { createMemoryBuckets } from '../limits/memory-buckets.ts';
import { rateRules } from '../limits/rules.ts';
import type { App, Services } from './app.ts';
import { authorised, type House, openHouse, problemOf } from './testing/house.ts';
import type { Client } from './trusted-proxies.ts';

let house: House;
let client: Client;
let now = 0;
const ours = 'https://ours.example';
const theirs = 'https://theirs.example';

beforeAll(async () => {
  house = await openHouse({ works: false });
  await house.services.tenants.change('main', (settings) => ({ ...settings, cors_origins: [ours] }));
  await house.services.tenants.change('other', (settings) => ({ ...settings, cors_origins: [theirs] }));
});
afterAll(() => house.close());

/** The app as a socket sees it, with the clock of its rate limits in the test's hand. */
function facing(parts: Partial<Services> = {}): App {
  client = { address: '203.0.113.9', isHttps: false, isDirect: true };
  return house.appWith({ clientOf: () => client, ...parts });
}

const limited = (factor: number) => ({
  rateLimits: { buckets: createMemoryBuckets({ monotonic: () => now }), factor },
});

/** A factor that leaves so many of a rule. */
const leaving = (count: number, rule: keyof typeof rateRules) => limited(count / rateRules[rule].quota);

const request = (app: App, path: string, init: RequestInit = {}) => app.request(path, authorised(init));

describe('rate limits', () => {
  it('say what is left with every answer, and refuse what is too much until there is room again', async () => {
    const app = facing(leaving(3, 'reads'));
    const left: (string | null)[] = [];
    for (let asked = 0; asked < 3; asked++) {
      const answer = await request(app, '/v1/images');
      expect([answer.status, answer.headers.get('ratelimit-policy')]).toEqual([200, '"reads";q=3;w=60']);
      left.push(answer.headers.get('ratelimit'));
    }
    expect(left).toEqual(['"reads";r=2;t=20', '"reads";r=1;t=40', '"reads";r=0;t=60']);
    const refused = await request(app, '/v1/images');
    expect(refused.headers.get('retry-after')).toBe('20');
    expect(refused.headers.get('ratelimit')).toBe('"reads";r=0;t=60');
    expect(await problemOf(refused)).toMatchObject({ code: 'rate_limited', status: 429, policy: 'reads' });
    now += 20_000;
    expect((await request(app, '/v1/images')).status).toBe(200);
    expect((await request(app, '/v1/images')).status).toBe(429);
  });

  it('count by key, wherever it comes from, and by what is asked for', async () => {
    const app = facing(leaving(2, 'writes'));
    const write = () => request(app, '/v1/pipelines/none', { method: 'PUT', body: '{}' });
    await write();
    client = { ...client, address: '198.51.100.1' };
    await write();
    expect((await write()).status).toBe(429);
    expect((await request(app, '/v1/images')).status).toBe(200);
  });

  it('count a call that its caller may not make', async () => {
    const authenticate = () =>
      ({ tenantId: 'main', userId: 'u', role: 'analyst', via: { kind: 'key', keyId: 'k' } }) as const;
    const app = facing({ ...leaving(2, 'reads'), authenticate });
    const statuses: number[] = [];
    for (let asked = 0; asked < 3; asked++) statuses.push((await request(app, '/v1/images')).status);
    expect(statuses).toEqual([403, 403, 429]);
  });

  it('do not hear an address any more that keeps sending wrong credentials, and nobody else', async () => {
    let checked = 0;
    const authenticate = () => {
      checked += 1;
      throw new Failure('unauthorized', 'no');
    };
    const app = facing({ ...leaving(2, 'refused'), authenticate });
    const statuses: number[] = [];
    for (let asked = 0; asked < 4; asked++) statuses.push((await request(app, '/v1/images')).status);
    expect([statuses, checked]).toEqual([[401, 401, 429, 429], 2]);
    client = { ...client, address: '203.0.113.10' };
    expect((await request(app, '/v1/images')).status).toBe(401);
  });

  it('count the addresses of one subscriber of IPv6 together', async () => {
    const app = facing(leaving(1, 'public'));
    client = { ...client, address: '2001:db8:1:2::1' };
    expect((await app.request('/openapi.json')).status).toBe(200);
    client = { ...client, address: '2001:db8:1:2:ffff::1' };
    expect((await app.request('/openapi.json')).status).toBe(429);
    client = { ...client, address: '2001:db8:1:3::1' };
    expect((await app.request('/openapi.json')).status).toBe(200);
  });

  it('let probes of liveness through, whatever their address has done', async () => {
    const app = facing({
      ...leaving(1, 'public'),
      authenticate: () => {
        throw new Failure('unauthorized', 'no');
      },
    });
    for (let asked = 0; asked < 10; asked++) {
      await request(app, '/v1/images');
      await app.request('/docs');
      expect((await app.request('/healthz')).status).toBe(200);
    }
  });

  it('can be turned off', async () => {
    const app = facing(limited(0));
    for (let asked = 0; asked < 5; asked++) {
      const { status, headers } = await request(app, '/v1/images');
      expect([status, headers.get('ratelimit')]).toEqual([200, null]);
    }
  });
});

describe('pages of other origins', () => {
  const preflight = (origin: string, path = '/v1/images') =>
    facing().request(path, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
  const allowed = ({ headers }: Response) => headers.get('access-control-allow-origin');

  it.each([
    ['that our tenant lists', ours, ours],
    ['that another tenant lists', theirs, theirs],
    ['that nobody lists', 'https://evil.example', null],
    ['that is a prefix of a listed one', 'https://ours.exampl', null],
    ['without a name', 'null', null],
  ])('%s: the preflight needs no credentials', async (_, origin, answer) => {
    const response = await preflight(origin);
    expect([response.status, allowed(response)]).toEqual([204, answer]);
    expect(response.headers.get('vary')).toContain('Origin');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it.each([
    ['ours', ours, ours],
    ["another tenant's", theirs, null],
    ["nobody's", 'https://evil.example', null],
  ])('%s: the answer is readable for its own tenant only', async (_, origin, answer) => {
    const response = await request(facing(), '/v1/images', { headers: { origin } });
    expect([response.status, allowed(response), response.headers.get('vary')]).toEqual([
      200,
      answer,
      'Origin',
    ]);
  });

  it('may read why they are not let in', async () => {
    const app = facing({
      authenticate: () => {
        throw new Failure('unauthorized', 'no');
      },
    });
    const response = await app.request('/v1/images', { headers: { origin: ours } });
    expect([response.status, allowed(response)]).toEqual([401, ours]);
    expect(response.headers.get('access-control-expose-headers')).toContain('x-request-id');
  });

  it('upload in pieces only where they are listed', async () => {
    const create = (origin: string) =>
      request(facing(), '/v1/resumable', {
        method: 'POST',
        headers: { origin, 'tus-resumable': '1.0.0', 'upload-length': '100' },
      });
    expect(allowed(await create(ours))).toBe(ours);
    expect(allowed(await create('https://evil.example'))).toBeNull();
  });

  it('may read every picture', async () => {
    const path = '/i/01890a5d-ac96-774b-bcce-b302099a8057';
    expect(allowed(await preflight('https://evil.example', path))).toBe('*');
    expect(allowed(await facing().request(path, { headers: { origin: 'https://evil.example' } }))).toBe('*');
  });
});

describe('headers', () => {
  const common = {
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'x-xss-protection': '0',
    'x-dns-prefetch-control': 'off',
    'x-download-options': 'noopen',
    'x-permitted-cross-domain-policies': 'none',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'origin-agent-cluster': '?1',
    'referrer-policy': 'no-referrer',
    'strict-transport-security': null,
    'set-cookie': null,
    'x-powered-by': null,
    server: null,
  };

  it.each(['/v1/images', '/v1/nothing', '/docs', '/openapi.json', '/healthz', '/metrics', '/docs/none'])(
    'of %s are as helmet sets them',
    async (path) => {
      const { headers } = await request(facing(), path);
      const found = Object.keys(common).map((name) => [name, headers.get(name)]);
      expect(Object.fromEntries(found)).toEqual(common);
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; .*frame-ancestors 'none'$/,
      );
    },
  );

  it('ask for HTTPS only where the client has come by HTTPS', async () => {
    const app = facing();
    client = { ...client, isHttps: true };
    expect((await app.request('/docs')).headers.get('strict-transport-security')).toMatch(
      /^max-age=31536000/,
    );
  });

  it('never set a cookie, whatever a handler does', async () => {
    const app = facing();
    app.get('/healthz/cookie', (c) => c.text('x', 200, { 'set-cookie': 'a=b' }));
    expect((await app.request('/healthz/cookie')).headers.get('set-cookie')).toBeNull();
  });
});

describe('the figures', () => {
  const scrape = (from: Partial<Client>, parts: Partial<Services> = {}, token?: string) => {
    const app = facing(parts);
    client = { ...client, ...from };
    return app.request(
      '/metrics',
      token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
    );
  };
  const metricsToken = 'a-token-for-figures';

  it.each<[string, Partial<Client>, Partial<Services>, string | undefined, number]>([
    ['this machine', { address: '127.0.0.1' }, {}, undefined, 200],
    ['this machine, by IPv6', { address: '::1' }, {}, undefined, 200],
    ['another machine', {}, {}, undefined, 401],
    ['a proxy on this machine', { address: '127.0.0.1', isDirect: false }, {}, undefined, 401],
    ['another machine with the token', {}, { metricsToken }, metricsToken, 200],
    ['another machine with a wrong token', {}, { metricsToken }, 'a-token-for-figure', 401],
    [
      'this machine without the token that is set',
      { address: '127.0.0.1' },
      { metricsToken },
      undefined,
      401,
    ],
  ])('for %s', async (_, from, parts, token, status) => {
    expect((await scrape(from, parts, token)).status).toBe(status);
  });
});

describe('costly calls', () => {
  it.each([
    ['/v1/audit/verify', 'GET', { exports: 0 }],
    ['/v1/audit/export', 'GET', { exports: 0 }],
    ['/v1/users/owner/export', 'GET', { exports: 0 }],
    ['/v1/auth/sign-in', 'POST', { signIns: 0 }],
  ])('%s is refused where as many go on as may', async (path, method, limits) => {
    const response = await request(facing({ limits }), path, { method });
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await problemOf(response)).toMatchObject({ code: 'overloaded', status: 503 });
  });

  it('give their place back', async () => {
    const app = facing({ limits: { exports: 1 } });
    for (let asked = 0; asked < 3; asked++) {
      const response = await request(app, '/v1/audit/export');
      await response.text();
      expect(response.status).toBe(200);
    }
  });
});
