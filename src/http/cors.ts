import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { Principal } from '../identity/principal.ts';
import type { AppEnv, Services } from './services.ts';

/**
 * Which pages of other origins may call the API from a browser: those that the tenant lists (`cors_origins`). Such
 * calls carry their credentials as a bearer token, never as a cookie, so nothing is sent that the page does not have.
 *
 * A preflight names no tenant: it is answered before anybody asks for credentials, by whether any tenant lists the
 * origin. The answer to the call itself is for the page to read where its own tenant lists it; where nobody could be
 * recognised, where any does, so that a page can tell a session that has ended from a network that is down.
 */
export function withCors({ tenants }: Pick<Services, 'tenants'>) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const origin = c.req.header('origin');
    if (origin === undefined) return next();
    if (isPreflight(c))
      return preflight(origin.length <= LONGEST && (await tenants.isListed(origin)), origin);
    await next();
    const mayRead = await isReadable(c, tenants, origin);
    // What a library has said about it does not count.
    for (const name of [...c.res.headers.keys()]) {
      if (name.startsWith('access-control-')) c.res.headers.delete(name);
    }
    c.header('vary', 'Origin', { append: true });
    if (!mayRead) return;
    c.header('access-control-allow-origin', origin);
    c.header('access-control-expose-headers', EXPOSED);
  });
}

/** Pictures are for every page to read: a request for one carries nothing that a page would not have. */
export const withOpenCors = createMiddleware<AppEnv>(async (c, next) => {
  if (c.req.header('origin') !== undefined && isPreflight(c)) return preflight(true, '*');
  await next();
});

const LONGEST = 255;

/** All that this API answers in headers; `*` would not do for some browsers. */
const EXPOSED = [
  'x-request-id, location, etag, retry-after, ratelimit, ratelimit-policy, idempotent-replayed, www-authenticate',
  'content-disposition, content-range, accept-ranges, upload-offset, upload-length, upload-metadata, upload-expires',
  'tus-resumable, tus-version, tus-extension, tus-max-size, tus-checksum-algorithm',
].join(', ');

const ALLOWED_HEADERS = [
  'authorization, content-type, content-disposition, idempotency-key, if-match, if-none-match, last-event-id, range',
  'tus-resumable, upload-checksum, upload-length, upload-metadata, upload-offset, x-filename, x-http-method-override',
  'x-request-id',
].join(', ');

/** seconds; the most that Chromium keeps is 7200 */
const MAX_AGE = '600';

function isPreflight(c: Context<AppEnv>): boolean {
  return c.req.method === 'OPTIONS' && c.req.header('access-control-request-method') !== undefined;
}

function preflight(isAllowed: boolean, origin: string): Response {
  const headers = new Headers({ vary: 'Origin, Access-Control-Request-Method', 'cache-control': 'no-store' });
  if (isAllowed) {
    headers.set('access-control-allow-origin', origin);
    headers.set('access-control-allow-methods', 'GET, HEAD, POST, PUT, PATCH, DELETE');
    headers.set('access-control-allow-headers', ALLOWED_HEADERS);
    headers.set('access-control-max-age', MAX_AGE);
  }
  return new Response(null, { status: 204, headers });
}

async function isReadable(
  c: Context<AppEnv>,
  tenants: Services['tenants'],
  origin: string,
): Promise<boolean> {
  const principal: Principal | undefined = c.get('principal');
  if (!principal) return origin.length <= LONGEST && tenants.isListed(origin);
  return (await tenants.settings(principal.tenantId)).cors_origins.includes(origin);
}
