import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { App } from './app.ts';
import { answerBrokenRequest, answerUnreadable } from './broken-requests.ts';
import { type ConnectionLimits, defaultConnectionLimits, limitConnections } from './connections.ts';
import { lingerOnClose } from './lingering-close.ts';
import type { AppEnv } from './services.ts';
import { type BodyPace, defaultBodyPace, watchSlowBodies } from './slow-bodies.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one */
  readonly port: number;
  readonly timeouts?: Partial<Timeouts>;
  readonly connections?: Partial<ConnectionLimits>;
  readonly bodyPace?: BodyPace;
}

/** All in milliseconds. */
export interface Timeouts {
  /** for the head of a request */
  readonly headers: number;
  /** for a whole request, however steadily its bytes drip in */
  readonly request: number;
  /** without a byte in either direction; longer than events stay silent and `?wait=ready` holds */
  readonly idle: number;
  /** between two requests on one connection */
  readonly keepAlive: number;
}

const defaultTimeouts: Timeouts = {
  headers: 15_000,
  request: 30 * 60_000,
  idle: 60_000,
  keepAlive: 15_000,
};

export interface Listening {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly port: number;
  /**
   * Takes no new connections, tells those who wait to come back, finishes what is in flight, and cuts what is left
   * after the grace.
   */
  close(graceMs: number): Promise<void>;
}

/** Serves the app. @throws what the operating system says about the address, as `listen` of node:net does */
export async function listen(app: App, options: ListenOptions): Promise<Listening> {
  const closing = new AbortController();
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const answer = getRequestListener(
    (request, env) => {
      // HTTP/2 is not spoken here: the bindings are those of node:http.
      const { incoming, outgoing } = env as HttpBindings;
      const bindings: AppEnv['Bindings'] = { incoming, outgoing, closing: closing.signal };
      return app.fetch(request, bindings);
    },
    { hostname: options.host, errorHandler: answerUnreadable },
  );
  const slowBodies = watchSlowBodies(giveUpSlow, options.bodyPace ?? defaultBodyPace);
  const server = createServer(serverOptions(timeouts), (incoming, outgoing) => {
    slowBodies.watch(incoming, outgoing);
    if (!app.answerDirectly(incoming, outgoing, closing.signal)) void answer(incoming, outgoing);
  });
  server.on('connection', lingerOnClose);
  limitConnections(server, { ...defaultConnectionLimits, ...options.connections });
  server.setTimeout(timeouts.idle);
  server.on('clientError', answerBrokenRequest);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { address, port, family } = server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  return {
    url: `http://${host}:${port}`,
    port,
    close: (graceMs) => drain(server, closing, graceMs).finally(slowBodies.stop),
  };
}

function serverOptions({ headers, request, keepAlive }: Timeouts): ServerOptions {
  return {
    headersTimeout: headers,
    requestTimeout: request,
    keepAliveTimeout: keepAlive,
    connectionsCheckingInterval: Math.min(1000, headers),
    // Names of 4 KB and signed links fit; more is somebody who tries something.
    maxHeaderSize: 24 * 1024,
  };
}

/** The answer, where none has begun, and then nothing more is read. */
function giveUpSlow({ socket }: IncomingMessage, { headersSent }: ServerResponse): void {
  if (headersSent) {
    socket.destroy();
    return;
  }
  const tooSlow = Object.assign(new Error('the body comes too slowly'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  answerBrokenRequest(tooSlow, socket);
  socket.destroySoon();
}

/** How often connections that have become idle are looked for, milliseconds. */
const LOOK_EVERY_MS = 50;

async function drain(server: Server, closing: AbortController, graceMs: number): Promise<void> {
  closing.abort();
  let isClosed = false;
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      isClosed = true;
      resolve();
    });
  });
  const deadline = performance.now() + graceMs;
  while (!isClosed && performance.now() < deadline) {
    server.closeIdleConnections();
    await Promise.race([closed, sleep(LOOK_EVERY_MS)]);
  }
  server.closeAllConnections();
  await closed;
}
