import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { Failure } from '../failures.ts';
import type { AppEnv } from './services.ts';

/** The body as it arrives, piece by piece. */
export function bodyStream(c: Context<AppEnv>): AsyncIterable<Uint8Array> {
  return c.req.raw.body ?? nothing();
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Bytes that were announced, where that can be believed to be about the body itself. */
export function announcedLength(c: Context<AppEnv>): number | undefined {
  const header = c.req.header('content-length');
  if (header === undefined || c.req.header('transfer-encoding') !== undefined) return undefined;
  return /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

/** JSON of people and programs is small: nobody makes us hold more. */
const MAX_JSON_BYTES = 256 * 1024;

/** Refuses a JSON body as soon as it is too long, and keeps what has been read for the handler. */
export const limitJsonBody = createMiddleware<AppEnv>(async (c, next) => {
  if (c.req.raw.body === null) return next();
  if ((announcedLength(c) ?? 0) > MAX_JSON_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bodyStream(c)) {
    size += chunk.length;
    if (size > MAX_JSON_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  c.req.raw = new Request(c.req.raw, { body: Buffer.concat(chunks) });
  await next();
});

function tooLarge(): Failure {
  return new Failure('body_too_large', `A JSON body has at most ${MAX_JSON_BYTES} bytes. Send less.`);
}
