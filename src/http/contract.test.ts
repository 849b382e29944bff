import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure, type FailureCode, reactions } from '../failures.ts';
import { ruleOf } from '../identity/call-table.ts';
import { newImageId } from '../images/keys.ts';
import { documentedRoutes } from './openapi.ts';
import { authorised, type House, openHouse, problemOf } from './testing/house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse({ works: false });
});
afterAll(() => house.close());

const UNKNOWN = newImageId(0);

/** The path of a route with something in the place of its parameters. */
function concrete(path: string): string {
  return path.replace('{image_id}', UNKNOWN).replace(/\{[^}]+\}/g, 'nothing');
}

function json(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function isOpenCall(method: string, path: string): boolean {
  return ruleOf(method.toUpperCase(), path)?.asks === 'open';
}

type Paths = Record<string, Record<string, { summary?: string; security?: unknown }>>;

describe('the OpenAPI document', () => {
  it('knows every route, and no other', () => {
    const served = house.app.routes
      .filter(({ path, method }) => method !== 'ALL' && !path.endsWith('*'))
      .map(({ method, path }) => `${method} ${path.replace(/:([a-z_]+)/g, '{$1}')}`)
      // The router asks the handler of GET about HEAD; reading an upload is refused there.
      .map((route) => (route === 'GET /v1/resumable/{image_id}' ? 'HEAD /v1/resumable/{image_id}' : route));
    const documented = documentedRoutes(house.app).map(({ method, path }) => `${method} ${path}`);
    expect(documented.toSorted()).toEqual([...new Set(served)].toSorted());
  });

  it('is OpenAPI 3.1 with named schemas, and everything that it refers to is in it', async () => {
    const response = await house.app.request('/openapi.json');
    const text = await response.text();
    const document = JSON.parse(text);
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(['Image', 'Variant', 'Problem', 'Pipeline', 'DeadLetter', 'Event', 'Link']),
    );
    const references = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
    expect(references.length).toBeGreaterThan(20);
    for (const name of references) expect(document.components.schemas).toHaveProperty([name ?? '']);
    expect(
      document.paths['/v1/image/{image_id}'].get.responses['200'].content['application/json'].schema,
    ).toEqual({
      $ref: '#/components/schemas/Image',
    });
  });

  it('says of each operation what it is for, and of those under /v1 how to prove oneself', async () => {
    const { paths } = (await (await house.app.request('/openapi.json')).json()) as { paths: Paths };
    for (const [path, operations] of Object.entries<Record<string, { summary?: string; security?: unknown }>>(
      paths,
    )) {
      for (const [method, operation] of Object.entries(operations)) {
        expect(operation.summary, `${method} ${path}`).toBeTruthy();
        const isOpen = !path.startsWith('/v1/') || isOpenCall(method, path);
        expect(operation.security !== undefined, `${method} ${path}`).toBe(!isOpen);
      }
    }
  });
});

describe('credentials', () => {
  const wrong: [name: string, headers: Record<string, string>][] = [
    ['none', {}],
    ['a wrong key', { authorization: 'Bearer dk_wrong' }],
    ['an empty key', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: 'Basic ZGs6eA==' }],
  ];
  it.each(wrong)('%s open no route under /v1', async (_name, headers) => {
    for (const { method, path } of documentedRoutes(house.app)) {
      if (!path.startsWith('/v1/') || isOpenCall(method, path)) continue;
      const response = await house.app.request(concrete(path), { method, headers });
      if (path === '/v1/upload/{image_id}') {
        expect(response.status).toBe(403);
        continue;
      }
      expect(response.status, `${method} ${path}`).toBe(401);
      expect(response.headers.get('www-authenticate')).toContain('Bearer');
    }
  });

  it('also guard paths that do not exist', async () => {
    expect((await house.app.request('/v1/nothing')).status).toBe(401);
  });

  it.each(['?sig=k1.x', '?exp=1&sig=k1.x'])('a made-up signature (%s) opens nothing', async (query) => {
    for (const path of [
      `/v1/image/${UNKNOWN}/original`,
      `/v1/upload/${UNKNOWN}`,
      `/v1/resumable/${UNKNOWN}`,
    ]) {
      const method = { u: 'PUT', r: 'PATCH', i: 'GET' }[path[4] ?? ''] ?? 'GET';
      const problem = await problemOf(await house.app.request(path + query, { method }));
      expect(problem.code).toBe('signature_invalid');
    }
  });
});

describe('refusals', () => {
  const cases: [name: string, path: string, init: RequestInit, code: FailureCode, words: string][] = [
    ['an unknown path', '/v1/nothing', {}, 'not_found', 'nothing here'],
    ['an unknown path outside /v1', '/nothing', {}, 'not_found', '/docs'],
    ['an unknown method', '/v1/images', { method: 'PUT' }, 'method_not_allowed', 'POST, GET, HEAD'],
    ['a method that nobody has', '/v1/images', { method: 'BREW' }, 'method_not_allowed', 'BREW'],
    ['an image that is not there', `/v1/image/${UNKNOWN}`, {}, 'image_not_found', UNKNOWN],
    ['an id that is none', '/v1/image/..%2f..%2fetc', {}, 'image_not_found', 'no image'],
    [
      'JSON that is none',
      '/v1/upload',
      { ...json({}), body: '{"filename":' },
      'invalid_request',
      'not valid JSON',
    ],
    ['no body', '/v1/upload', { ...json({}), body: '' }, 'invalid_request', ''],
    [
      'another content type',
      '/v1/upload',
      { ...json({}), headers: { 'content-type': 'text/plain' } },
      'unsupported_media_type',
      'application/json',
    ],
    [
      'a filter that is none',
      '/v1/images?staus=ready',
      {},
      'invalid_request',
      'staus: there is no such parameter; did you mean status?',
    ],
    [
      'a parameter of a request that takes none',
      '/v1/pipelines?limit=3',
      {},
      'invalid_request',
      'limit: there is no such parameter; this takes none.',
    ],
    [
      'a misspelt wish for a file',
      '/v1/images?pipline=web',
      { method: 'POST', body: 'x' },
      'invalid_request',
      'pipline: there is no such parameter; did you mean pipeline?',
    ],
    [
      'a parameter of events',
      '/v1/events?status=ready',
      {},
      'invalid_request',
      'status: there is no such parameter',
    ],
    ['a tag without a name', '/v1/images?tag.=x', {}, 'invalid_request', 'tag.: there is no such parameter'],
    [
      'a tag that cannot be',
      '/v1/images?tag.__proto__=x',
      {},
      'invalid_request',
      'tags.__proto__: cannot be',
    ],
    [
      'a tag that would be lost',
      '/v1/images?tag.__proto__=x',
      { method: 'POST', body: 'x' },
      'invalid_request',
      'tags.__proto__: cannot be the name of a tag',
    ],
    [
      'a tag in a body that would be lost',
      '/v1/upload',
      { ...json({}), body: '{"filename":"a","size":1,"tags":{"__proto__":"x"}}' },
      'invalid_request',
      'tags.__proto__: cannot be the name of a tag',
    ],
    [
      'a parameter given twice',
      '/v1/images?limit=3&limit=4',
      {},
      'invalid_request',
      'limit: is given more than once; give it once.',
    ],
    [
      'a misspelt field',
      `/v1/image/${UNKNOWN}/link`,
      json({ expires_im: 3 }),
      'invalid_request',
      'expires_im: there is no such field; did you mean expires_in?',
    ],
    [
      'a field that is missing',
      '/v1/upload',
      json({ filename: 'a.jpg' }),
      'invalid_request',
      'size: is missing: it must be a number.',
    ],
    [
      'a field of another kind',
      '/v1/upload',
      json({ filename: 'a.jpg', size: 1, tags: [] }),
      'invalid_request',
      'tags: must be an object; got a list.',
    ],
    ['no object', '/v1/upload', json(null), 'invalid_request', 'The body: must be an object; got null.'],
    [
      'a limit that is too high',
      '/v1/images?limit=201',
      {},
      'invalid_request',
      'limit: must be at most 200.',
    ],
    ['a time that is none', '/v1/images?from=today', {}, 'invalid_request', 'from: must be a time such as'],
    [
      'a version that is none',
      '/v1/pipelines/x?version=new',
      {},
      'invalid_request',
      'version: must be a number',
    ],
    ['a cursor of somebody else', '/v1/images?cursor=abc', {}, 'invalid_request', 'cursor'],
    [
      'a status that is none',
      '/v1/images?status=redy',
      {},
      'invalid_request',
      'failed, expired, erased; did you mean ready?',
    ],
    ['a wait for something else', `/v1/image/${UNKNOWN}?wait=forever`, {}, 'invalid_request', 'ready'],
    ['a pipeline that is not there', '/v1/pipelines/nothing', {}, 'pipeline_not_found', 'nothing'],
    [
      'a dead letter that is not there',
      '/v1/dead-letters/1/redrive',
      { method: 'POST' },
      'dead_letter_not_found',
      '',
    ],
    ['a picture that is not there', `/i/${UNKNOWN}`, {}, 'image_not_found', 'no such image'],
    ['a format that is none', `/i/${UNKNOWN}?fm=bmp`, {}, 'invalid_request', 'fm must be one of'],
    ['reading an upload in pieces', `/v1/resumable/${UNKNOWN}`, {}, 'method_not_allowed', ''],
  ];
  it.each(cases)('%s', async (_name, path, init, code, words) => {
    const response = await house.call(path, init);
    const problem = await problemOf(response);
    expect(problem.code).toBe(code);
    expect(problem.detail).toContain(words);
    expect(problem).toMatchObject({ title: reactions[code].title, type: `urn:darkroom:problem:${code}` });
    if (code === 'method_not_allowed' && path === '/v1/images') {
      expect(response.headers.get('allow')).toBe('POST, GET, HEAD');
    }
  });

  it('name every field that is wrong, by its place, and fields that do not exist', async () => {
    const body = { filename: 7, size: -1, tags: { ok: 'x', 'not ok': 'y' }, status: 'ready', 'a/b~c': 1 };
    const { errors = [] } = await problemOf(await house.call('/v1/upload', json(body)));
    expect(errors.map(({ path }) => path).toSorted()).toEqual(
      ['["a/b~c"]', 'filename', 'size', 'status', 'tags["not ok"]'].toSorted(),
    );
  });

  it('say which of several faults comes first in the sentence', async () => {
    const problem = await problemOf(
      await house.call(`/v1/image/${UNKNOWN}/link`, json({ expires_in: 'soon' })),
    );
    expect(problem.detail).toMatch(/^expires_in: /);
  });

  it('keep what nobody foresaw to the log', async () => {
    const app = house.appWith({
      pipelines: {
        ...house.platform.pipelines,
        list: async () => {
          throw new Error('the password is swordfish');
        },
      },
    });
    const problem = await problemOf(await app.request('/v1/pipelines', authorised()));
    expect(problem.code).toBe('internal');
    expect(JSON.stringify(problem)).not.toContain('swordfish');
    const line = house.logged.find(({ request_id, err }) => err && request_id === problem.request_id);
    expect(JSON.stringify(line)).toContain('swordfish');
  });

  it.each([
    ['storage_full', 507],
    ['overloaded', 503],
    ['storage_unavailable', 503],
  ] as const)('say when to come back: %s', async (code, status) => {
    const app = house.appWith({
      pipelines: {
        ...house.platform.pipelines,
        list: async () => {
          throw new Failure(code, 'Not now.');
        },
      },
    });
    const response = await app.request('/v1/pipelines', authorised());
    expect(response.status).toBe(status);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it.each(['declared', 'streamed'])('end a JSON body that is too long, %s', async (way) => {
    const body = JSON.stringify({ filename: 'x'.repeat(300_000), size: 1 });
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (way === 'declared') headers['content-length'] = String(body.length);
    expect((await problemOf(await house.call('/v1/upload', { method: 'POST', headers, body }))).code).toBe(
      'body_too_large',
    );
  });
});

describe('every answer', () => {
  it.each(['/healthz', '/v1/images', '/v1/nothing', `/i/${UNKNOWN}`, '/docs', '/openapi.json'])(
    '%s carries the headers that keep browsers from mischief',
    async (path) => {
      const { headers } = await house.call(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('set-cookie')).toBeNull();
      expect(headers.get('cache-control')).toBeTruthy();
    },
  );

  it('is told by delivery to be a picture and nothing else, refusals included', async () => {
    const { headers } = await house.call(`/i/${UNKNOWN}?fm=webp`);
    expect(headers.get('content-security-policy')).toContain('sandbox');
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  });

  it('has the request id that came with the request, or its own', async () => {
    const given = await house.call('/healthz', { headers: { 'x-request-id': 'my-id.1' } });
    expect(given.headers.get('x-request-id')).toBe('my-id.1');
    const evil = await house.call('/healthz', { headers: { 'x-request-id': 'a b' } });
    expect(evil.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each(['/healthz', '/v1/images', '/openapi.json', '/docs', '/metrics', '/v1/events'])(
    'HEAD %s is GET without a body',
    async (path) => {
      const response = await house.call(path, { method: 'HEAD' });
      expect(response.status).toBe(200);
      expect(await response.text()).toBe('');
    },
  );
});

describe('operations', () => {
  it('tell that the process is alive, to anybody', async () => {
    expect(await (await house.app.request('/healthz')).json()).toEqual({ status: 'ok' });
  });

  it('tell that it can take work', async () => {
    expect(await (await house.app.request('/readyz')).json()).toEqual({
      status: 'ready',
      roles: ['api', 'worker', 'intake', 'sweeper'],
    });
  });

  it('tell what keeps it from taking work', async () => {
    const app = house.appWith({ faults: async () => ['the disk is full'] });
    const response = await app.request('/readyz');
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ code: 'not_ready', faults: ['the disk is full'] });
    expect(response.headers.get('retry-after')).toBe('5');
  });

  it('tell that too many images wait', async () => {
    const app = house.appWith({ limits: { backlog: 0 } });
    expect((await problemOf(await app.request('/readyz'))).faults).toEqual(['0 images wait to be processed']);
  });

  it('count requests by route, never by path', async () => {
    await house.call(`/v1/image/${UNKNOWN}`);
    await house.call('/some/path/of/a/scanner');
    const text = await (await house.app.request('/metrics')).text();
    expect(text).toMatch(
      /darkroom_http_requests_total\{method="GET",route="\/v1\/image\/:image_id",status="404"\} \d/,
    );
    expect(text).toContain('route="none",status="404"');
    expect(text).not.toContain(UNKNOWN);
    expect(text).not.toContain('scanner');
  });

  it('log one line a request, without anything that must stay secret or may not outlive an image', async () => {
    const before = house.logged.length;
    const secrets = '?exp=1&sig=k1.SECRETSIGNATURE&filename=SECRETNAME&tag.a=SECRETTAG';
    await house.call(`/v1/image/${UNKNOWN}/original${secrets}`, {
      headers: { authorization: 'Bearer SECRETKEY', 'x-request-id': 'logged-once' },
    });
    const lines = house.logged.slice(before);
    expect(lines.filter(({ msg }) => msg === 'request')).toEqual([
      expect.objectContaining({
        request_id: 'logged-once',
        method: 'GET',
        route: '/v1/image/:image_id/original',
        image_id: UNKNOWN,
        status: 403,
        ms: expect.any(Number),
      }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('SECRET');
  });
});

describe('/docs', () => {
  it('is a page that loads nothing from elsewhere', async () => {
    const response = await house.app.request('/docs');
    const page = await response.text();
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe|https?:/);
    expect(page).not.toMatch(/https?:|<script>(?!<)|onload/);
    const parts = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
    expect(parts).toHaveLength(4);
    for (const part of parts) {
      const asset = await house.app.request(part);
      expect(asset.status, part).toBe(200);
      expect((await asset.arrayBuffer()).byteLength).toBeGreaterThan(50);
    }
  });

  it.each(['package.json', '..%2fpackage.json', '__proto__', 'swagger-ui.css.map', 'constructor'])(
    'does not give out %s',
    async (asset) => {
      expect((await house.app.request(`/docs/${asset}`)).status).toBe(404);
    },
  );
});
