import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';
import type { Principal } from '../identity/principal.ts';
import { isImageId } from '../images/keys.ts';
import type { AppEnv, Services } from './services.ts';

/**
 * One line and one count for each request, when its answer has been sent to its end or broke off.
 *
 * The line names the route and the image, never the URL: that may hold signatures, file names and tags, which must
 * not outlive the image in a log.
 */
export function withAccessLog(services: Pick<Services, 'log' | 'metrics'>) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const { incoming, outgoing } = c.env ?? {};
    const account = openAccount(services, incoming && outgoing && { incoming, outgoing });
    await next();
    account.close(() => ({
      requestId: c.get('requestId'),
      method: c.req.method,
      route: routeOf(c),
      status: c.res.status,
      tenantId: (c.get('principal') as Principal | undefined)?.tenantId,
      imageId: c.req.param('image_id'),
      address: c.get('client')?.address,
      length: Number(c.res.headers.get('content-length') ?? 0),
    }));
  });
}

/** What is told of a request when it is over. */
export interface Answered {
  readonly requestId: string;
  readonly method: string;
  /** the pattern of the route that answered */
  readonly route: string;
  readonly status: number;
  /** for whom it spoke; nobody without credentials */
  readonly tenantId?: string | undefined;
  readonly imageId: string | undefined;
  /** of the client */
  readonly address: string | undefined;
  /** bytes of the body; counted where there is no socket */
  readonly length: number;
}

/** Both ends of a request over a socket. */
export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

/** What is told of a request is told when it is over. */
export interface Account {
  close(answered: () => Answered): void;
}

/** Begins to count a request. Where there is a socket, the account is closed when its answer has gone over it. */
export function openAccount(
  services: Pick<Services, 'log' | 'metrics'>,
  exchange: Exchange | undefined,
): Account {
  const began = performance.now();
  services.metrics.requestBegan();
  return {
    close(answered) {
      const finish = (isComplete: boolean) =>
        note(services, answered(), {
          ms: performance.now() - began,
          isComplete,
          socket: exchange?.incoming.socket,
        });
      if (!exchange) return finish(true);
      const { outgoing } = exchange;
      if (outgoing.closed) return finish(false);
      outgoing.once('close', () => finish(outgoing.writableFinished));
    },
  };
}

interface Course {
  readonly ms: number;
  /** the answer has been sent to its end */
  readonly isComplete: boolean;
  readonly socket: Socket | undefined;
}

function note(
  { log, metrics }: Pick<Services, 'log' | 'metrics'>,
  { requestId, method, route, status, tenantId, imageId, address, length }: Answered,
  { ms: exactly, isComplete, socket }: Course,
): void {
  const { bytesIn, bytesOut } = socket ? trafficOf(socket) : { bytesIn: 0, bytesOut: length };
  const ms = Math.round(exactly * 10) / 10;
  const ofTenant = tenantId === undefined ? {} : { tenantId };
  metrics.requestEnded({ method, route, status, ...ofTenant, ms, bytesIn, bytesOut });
  const level = status >= 500 ? 'warn' : 'info';
  if (!log.isLevelEnabled(level)) return;
  const line: Record<string, unknown> = { request_id: requestId, method, route, status, ms };
  if (imageId !== undefined && isImageId(imageId)) line.image_id = imageId;
  if (address !== undefined) line.address = address;
  line.bytes_in = bytesIn;
  line.bytes_out = bytesOut;
  if (!isComplete) line.broken_off = true;
  log[level](line, 'request');
}

/** The pattern of the route that answered. */
export function routeOf(c: Context<AppEnv>): string {
  const route = matchedRoutes(c).at(-1);
  return route === undefined || route.path.endsWith('*') ? 'none' : route.path;
}

/** Totals of a socket at the end of its latest request: it may serve many, one after the other. */
const totals = new WeakMap<Socket, { read: number; written: number }>();

/** What has gone over a socket since the last request, in both directions, headers included. */
function trafficOf(socket: Socket): { bytesIn: number; bytesOut: number } {
  const before = totals.get(socket) ?? { read: 0, written: 0 };
  const now = { read: socket.bytesRead, written: socket.bytesWritten };
  totals.set(socket, now);
  return { bytesIn: now.read - before.read, bytesOut: now.written - before.written };
}
