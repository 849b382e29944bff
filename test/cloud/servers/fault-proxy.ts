import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What happens to a request instead of being passed on: an answer from the proxy, a wait before it goes on, or a cut connection. */
export type HttpFault =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'cut' }
  /** passed on and carried out, but its answer never comes back */
  | { readonly kind: 'lose_answer' };

export interface SeenRequest {
  readonly method: string;
  /** path and query as sent */
  readonly target: string;
  /** `DynamoDB_20120810.PutItem`, `AmazonSQS.SendMessage`; empty for S3 */
  readonly operation: string;
}

export type HttpFaultRule = (seen: SeenRequest) => HttpFault | undefined;

export interface HttpFaultProxy {
  readonly url: string;
  /** every request that came since the start or the last `forget`, in order */
  readonly seen: readonly SeenRequest[];
  /** From now on this decides about each request; without a rule all are passed on. */
  use(rule?: HttpFaultRule): void;
  forget(): void;
  close(): Promise<void>;
}

/** As S3 says it when it is asked too much. */
export const SLOW_DOWN: HttpFault = {
  kind: 'answer',
  status: 503,
  headers: { 'content-type': 'application/xml', 'retry-after': '1' },
  body: '<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>',
};

/**
 * An HTTP proxy before one server, which counts requests and does harm on demand. Requests pass through unchanged,
 * the Host header too, so that signatures made for the proxy's address hold.
 *
 * @param target `http://127.0.0.1:4566`
 */
export async function startHttpFaultProxy(target: string): Promise<HttpFaultProxy> {
  const agent = new Agent({ keepAlive: true });
  const seen: SeenRequest[] = [];
  let rule: HttpFaultRule | undefined;
  const server = createServer((incoming, outgoing) => {
    const operation = incoming.headers['x-amz-target'];
    const one = {
      method: incoming.method ?? '',
      target: incoming.url ?? '',
      operation: String(operation ?? ''),
    };
    seen.push(one);
    void meet(rule?.(one), incoming, outgoing, (withAnswer) =>
      passOn(target, agent, incoming, outgoing, withAnswer),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    use(next) {
      rule = next;
    },
    forget() {
      seen.length = 0;
    },
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function meet(
  fault: HttpFault | undefined,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  pass: (withAnswer: boolean) => void,
): Promise<void> {
  switch (fault?.kind) {
    case 'answer':
      // What is sent on is read, so that the client gets to see the answer.
      incoming.resume();
      outgoing.writeHead(fault.status, fault.headers).end(fault.body);
      return;
    case 'cut':
      (incoming.socket as Socket).resetAndDestroy();
      return;
    case 'delay':
      await sleep(fault.ms);
      pass(true);
      return;
    case 'lose_answer':
      pass(false);
      return;
    default:
      pass(true);
  }
}

function passOn(
  target: string,
  agent: Agent,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  withAnswer: boolean,
): void {
  const { hostname, port } = new URL(target);
  const onward = request(
    {
      hostname,
      port,
      agent,
      method: incoming.method,
      path: incoming.url,
      headers: incoming.rawHeaders,
      setHost: false,
    },
    (answer) => {
      if (!withAnswer) {
        answer.resume().once('end', () => incoming.socket.resetAndDestroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.on('error', () => outgoing.destroy()).pipe(outgoing);
    },
  );
  onward.on('error', () => incoming.socket.resetAndDestroy());
  outgoing.on('close', () => onward.destroy());
  incoming.on('error', () => onward.destroy()).pipe(onward);
}
