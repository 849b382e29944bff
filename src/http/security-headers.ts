import { createMiddleware } from 'hono/factory';
import type { AppEnv } from './services.ts';

/** For every answer that says nothing else: nothing here is a page, and nothing here may be kept. */
const defaults: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

export const withSecurityHeaders = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(defaults)) {
    if (!c.res.headers.has(name)) c.header(name, value);
  }
  // A server that stops tells clients to take their next request elsewhere; so does one that gave up a body half read,
  // because its connection breaks there: a client that kept it would lose its next request.
  if (c.env?.closing?.aborted || (c.req.raw.bodyUsed && !c.env?.incoming?.readableEnded))
    c.header('connection', 'close');
});

/** Whatever is said under a delivery path, refusals included. */
export const withPictureHeaders = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(pictureHeaders)) c.header(name, value);
});

/** For bytes that strangers made, should a browser ever open them as a page: no script, no form, no origin. */
export const pictureHeaders: Readonly<Record<string, string>> = {
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
  'x-content-type-options': 'nosniff',
};
