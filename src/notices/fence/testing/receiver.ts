import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly path: string;
}

/** A web server that takes what is posted to it. */
export interface Receiver {
  readonly port: number;
  readonly url: string;
  readonly got: Received[];
  /** what it answers from now on */
  answer: (response: ServerResponse, received: Received) => void;
  /** how many it answered at once, at most */
  readonly mostAtOnce: number;
  close(): Promise<void>;
}

export async function startReceiver({ host = '127.0.0.1', port = 0 } = {}): Promise<Receiver> {
  const got: Received[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  const server = createServer(async (request, response) => {
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    response.on('close', () => {
      atOnce -= 1;
    });
    const received = { headers: request.headers, body: await bodyOf(request), path: request.url ?? '' };
    got.push(received);
    receiver.answer(response, received);
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const bound = server.address();
  const ownPort = typeof bound === 'object' && bound ? bound.port : 0;
  const receiver: Receiver = {
    port: ownPort,
    url: `http://${host}:${ownPort}/hook`,
    got,
    answer: (response) => response.end('thanks'),
    get mostAtOnce() {
      return mostAtOnce;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return receiver;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
