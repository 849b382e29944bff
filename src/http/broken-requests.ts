import type { Duplex } from 'node:stream';
import { RequestError } from '@hono/node-server';
import { Failure, toFailure } from '../failures.ts';
import { problemDocument, problemHeaders } from './problem.ts';
import { requestIdFrom } from './request-id.ts';

/** Requests that never reach the app, because they cannot be read as HTTP. They get problem documents too. */

/** The request line or the host makes no URL; or something went wrong outside of all handlers. */
export function answerUnreadable(error: unknown): Response {
  const failure =
    error instanceof RequestError
      ? new Failure('invalid_request', 'The URL or the Host header cannot be read. Mend it.', {
          cause: error,
        })
      : toFailure(error);
  const { status, headers, body } = answerTo(failure);
  return new Response(body, { status, headers });
}

const failureByError: Readonly<Record<string, () => Failure>> = {
  HPE_HEADER_OVERFLOW: () =>
    new Failure(
      'headers_too_large',
      'The headers are longer than what is read. Shorten the URL or the headers.',
    ),
  ERR_HTTP_REQUEST_TIMEOUT: () =>
    new Failure('request_timeout', 'The request did not arrive in time. Send it again, or in pieces.'),
};

/** For the server's `clientError`: what is on the socket is not HTTP, too long, or too slow. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const failure =
    failureByError[error.code ?? '']?.() ??
    new Failure('invalid_request', 'This is not a request that can be read as HTTP/1.1.');
  const { status, headers, body } = answerTo(failure);
  const lines = Object.entries({
    ...headers,
    connection: 'close',
    'content-length': String(Buffer.byteLength(body)),
  });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status} ${failure.code}\r\n${head}\r\n${body}`);
}

function answerTo(failure: Failure) {
  const requestId = requestIdFrom(undefined);
  const document = problemDocument(failure, { requestId });
  return {
    status: document.status,
    headers: {
      ...problemHeaders(failure),
      'x-request-id': requestId,
      'x-content-type-options': 'nosniff',
    },
    body: JSON.stringify(document),
  };
}
