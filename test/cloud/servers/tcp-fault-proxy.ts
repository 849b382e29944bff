import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface TcpFaultProxy {
  readonly port: number;
  /** Where connections go; may change, and is asked for each new one. */
  target: number;
  /** Cuts what is open with a reset, and refuses what comes, for so long. */
  refuseFor(ms: number): Promise<void>;
  /** Cuts what is open with a reset; new connections pass. */
  cut(): void;
  /** Bytes stop in both directions, connections stay, until `thaw`. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

/** A proxy of plain bytes on loopback, for protocols other than HTTP. @param target a port of 127.0.0.1 */
export async function startTcpFaultProxy(target: number): Promise<TcpFaultProxy> {
  const open = new Set<Socket>();
  let frozen = false;
  const proxy = { target };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const onward = connect({ port: proxy.target, host: '127.0.0.1', allowHalfOpen: true });
    for (const [from, to] of [
      [client, onward],
      [onward, client],
    ] as const) {
      open.add(from);
      from.on('error', () => to.destroy()).on('close', () => open.delete(from));
      from.pipe(to);
      if (frozen) from.unpipe(to).pause();
    }
    partners.set(client, onward);
    partners.set(onward, client);
  });
  const partners = new WeakMap<Socket, Socket>();
  const port = await listen(server, 0);
  const cut = () => {
    for (const socket of open) socket.resetAndDestroy();
  };
  return Object.assign(proxy, {
    port,
    cut,
    async refuseFor(ms: number) {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
      await sleep(ms);
      await listen(server, port);
    },
    freeze() {
      frozen = true;
      for (const socket of open) socket.unpipe().pause();
    },
    thaw() {
      frozen = false;
      for (const socket of open) {
        const partner = partners.get(socket);
        if (partner) socket.pipe(partner);
      }
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  });
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}
