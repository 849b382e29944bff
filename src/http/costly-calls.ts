import { createMiddleware } from 'hono/factory';
import type { Admission, Admitted } from './admission.ts';
import type { AppEnv } from './services.ts';

/** Calls that cost much more than others, and of which only so many go on at once. */
const costly: readonly { readonly kind: Admitted; readonly method: string; readonly path: RegExp }[] = [
  { kind: 'exports', method: 'GET', path: /^\/v1\/users\/[^/]+\/export$/ },
  { kind: 'exports', method: 'GET', path: /^\/v1\/audit\/(?:export|verify)$/ },
  // Hashing a password is meant to be slow.
  {
    kind: 'signIns',
    method: 'POST',
    path: /^\/v1\/auth\/(?!refresh|sign-out|verify-email|forgot-password)/,
  },
];

/** Holds a place for a costly call until its answer has gone. @throws Failure `overloaded` */
export function admitCostlyCalls(admission: Admission) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const { method, path } = c.req;
    const kind = costly.find((call) => call.method === method && call.path.test(path))?.kind;
    if (kind === undefined) return next();
    const leave = admission.enter(kind);
    const outgoing = c.env?.outgoing;
    outgoing?.once('close', leave);
    try {
      await next();
    } finally {
      if (!outgoing || outgoing.closed) leave();
    }
  });
}
