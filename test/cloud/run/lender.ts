import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startDynamoDbLocal } from '../servers/dynamodb-local.ts';
import { type KafkaBroker, startKafka } from '../servers/kafka/kafka.ts';
import { startMiniStack } from '../servers/ministack.ts';
import { startMoto } from '../servers/moto.ts';
import type { ManagedServer } from '../servers/process/managed-server.ts';
import type { ServerName } from '../servers/server-names.ts';
import { startVersitygw } from '../servers/versitygw.ts';

/** What a test file is told of a server that it shares with the rest of the run. */
export interface LentServer {
  readonly url: string;
  readonly kafka?: Omit<KafkaBroker, 'server'>;
}

interface Started {
  readonly server: ManagedServer;
  readonly lent: LentServer;
}

const starts: Readonly<Record<ServerName, () => Promise<Started>>> = {
  versitygw: () => startVersitygw().then(overHttp),
  ministack: () => startMiniStack().then(overHttp),
  moto: () => startMoto().then(overHttp),
  'dynamodb-local': () => startDynamoDbLocal().then(overHttp),
  async kafka() {
    const { server, ...kafka } = await startKafka();
    return { server, lent: { url: kafka.brokers.plain, kafka } };
  },
};

/**
 * Starts a server when the first test file asks for it, and lends the same one to those who ask later.
 * Test files run in processes of their own, hence HTTP: `GET /{name}`.
 */
export async function startLender(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const started = new Map<ServerName, Promise<Started>>();
  const lend = async (name: ServerName, answer: ServerResponse) => {
    const begun = started.get(name) ?? starts[name]();
    started.set(name, begun);
    try {
      answer.end(JSON.stringify((await begun).lent));
    } catch (error) {
      answer.writeHead(500).end(String(error));
    }
  };
  const http = createServer((asked, answer) => void lend((asked.url ?? '').slice(1) as ServerName, answer));
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async close() {
      http.closeAllConnections();
      await new Promise((closed) => http.close(closed));
      const ends = await Promise.allSettled(started.values());
      await Promise.all(
        ends.map((end) => (end.status === 'fulfilled' ? end.value.server.stop() : undefined)),
      );
    },
  };
}

function overHttp(server: ManagedServer): Started {
  return { server, lent: { url: server.url } };
}
