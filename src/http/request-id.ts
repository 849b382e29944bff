import { randomUUID } from 'node:crypto';
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from './services.ts';

/** What may go into headers and log lines as it is. */
const SANE = /^[A-Za-z0-9._-]{1,128}$/;

/** The caller's own id for the request, where it gives a sane one, else a new one. */
export function requestIdFrom(header: string | undefined): string {
  return header !== undefined && SANE.test(header) ? header : randomUUID();
}

/** Gives every request an id that its answer, its log line and its problem document share. */
export const withRequestId = createMiddleware<AppEnv>(async (c, next) => {
  const id = requestIdFrom(c.req.header('x-request-id'));
  c.set('requestId', id);
  await next();
  c.header('x-request-id', id);
});
