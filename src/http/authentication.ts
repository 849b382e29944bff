import { createHash, timingSafeEqual } from 'node:crypto';
import { createMiddleware } from 'hono/factory';
import { Failure } from '../failures.ts';
import type { Principal } from '../identity/principal.ts';
import type { AppEnv, Services } from './services.ts';

/** Lower-case hex SHA-256: all that needs to be kept of an API key, which is long and random. */
export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** One API key for one principal. @throws Failure `unauthorized` for every other request */
export function apiKeyAuthentication(keyHash: string, principal: Principal): Services['authenticate'] {
  const expected = Buffer.from(keyHash, 'hex');
  if (expected.length !== 32) throw new Error('the hash of an API key is 64 hexadecimal digits');
  return (request) => {
    const given = createHash('sha256').update(bearerToken(request)).digest();
    if (timingSafeEqual(expected, given)) return principal;
    throw new Failure('unauthorized', 'This API key is not known. Send a valid one as a bearer token.');
  };
}

const BEARER = /^Bearer +([\x21-\x7e]{1,4096}) *$/i;

/** @throws Failure `unauthorized` */
export function bearerToken(request: Request): string {
  const [, token] = BEARER.exec(request.headers.get('authorization') ?? '') ?? [];
  if (token !== undefined) return token;
  throw new Failure('unauthorized', 'Credentials are missing. Send them as Authorization: Bearer {key}.');
}

/**
 * Asks for credentials wherever the path does not say that it is open: a route that forgets to ask is closed.
 *
 * @param isOpen requests that prove themselves by their signature
 */
export function requireCredentials(
  { authenticate }: Pick<Services, 'authenticate'>,
  isOpen: (request: { method: string; path: string; query: URLSearchParams }) => boolean,
) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const { method, path, url } = c.req;
    if (!isOpen({ method, path, query: new URL(url).searchParams })) {
      c.set('principal', await authenticate(c.req.raw));
    }
    await next();
  });
}
