import { createMiddleware } from 'hono/factory';
import type { AppEnv } from './services.ts';

/**
 * For every answer that says nothing else: nothing here is a page, and nothing here may be kept. These are the headers
 * that helmet sets, as strict as they can be.
 */
const defaults: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  // The filter that it switches off could be used against pages.
  'x-xss-protection': '0',
  'cache-control': 'no-store',
};

/** Pictures have headers of their own, below. */
const besidePictures = { 'cache-control': 'no-store' };

/** A year, for answers that go to their reader by HTTPS; over plain HTTP it would mean nothing (RFC 6797, 7.2). */
export const STRICT_TRANSPORT = 'max-age=31536000; includeSubDomains';

export const withSecurityHeaders = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  const wanted = c.req.path.startsWith('/i/') ? besidePictures : defaults;
  for (const [name, value] of Object.entries(wanted)) {
    if (!c.res.headers.has(name)) c.header(name, value);
  }
  if (c.get('client')?.isHttps) c.header('strict-transport-security', STRICT_TRANSPORT);
  // There are no sessions in cookies here, and so no requests that a foreign page could forge.
  c.res.headers.delete('set-cookie');
  // A server that stops tells clients to take their next request elsewhere; so does one that answers before a body has
  // come to its end, because its connection breaks there: a client that kept it would lose its next request.
  // What came with a reading request means nothing (RFC 9110, 9.3.1), and Node lets it past.
  const { incoming } = c.env ?? {};
  const isReading = c.req.method === 'GET' || c.req.method === 'HEAD';
  const isCutOff =
    incoming && !isReading && (!incoming.complete || (c.req.raw.bodyUsed && !incoming.readableEnded));
  if (c.env?.closing?.aborted || isCutOff) c.header('connection', 'close');
});

/** Whatever is said under a delivery path, refusals included. */
export const withPictureHeaders = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(pictureHeaders)) c.header(name, value);
});

/** For bytes that strangers made, should a browser ever open them as a page: no script, no form, no origin. */
export const pictureHeaders: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
  'x-content-type-options': 'nosniff',
};
