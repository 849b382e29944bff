import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy {
  readonly url: string;
  readonly cuts: () => number;
  close(): Promise<void>;
}

/**
 * A weak link: passes bytes on to a server, and breaks each connection after as many of them as `bytesToPass` says;
 * on the way there or back, whichever comes first. Infinity is a connection that holds.
 */
export async function openCuttingProxy(
  target: () => number,
  bytesToPass: () => number,
): Promise<CuttingProxy> {
  const open = new Set<Socket>();
  let cuts = 0;

  const server = createServer((client) => {
    const upstream = connect(target(), '127.0.0.1');
    let left = bytesToPass();
    const cut = () => {
      cuts += 1;
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    };
    const pass = (from: Socket, to: Socket) => {
      open.add(from);
      from.on('data', (chunk) => {
        const passed = chunk.subarray(0, Math.min(left, chunk.length));
        left -= chunk.length;
        if (left > 0) return void (to.write(passed) || from.pause());
        // What has been passed on must leave before the reset, or the kernel would throw it away.
        to.write(passed, () => setImmediate(cut));
        from.pause();
      });
      to.on('drain', () => from.resume());
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => open.delete(from));
    };
    pass(client, upstream);
    pass(upstream, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: () => cuts,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
