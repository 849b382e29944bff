import { once } from 'node:events';
import { createServer } from 'node:net';
import { type Address, showAddress } from '../../config-kinds.ts';
import { type Check, failed, ok } from './check.ts';

export const networkChecks: readonly Check[] = [
  {
    name: 'address',
    mend: 'set DARKROOM_LISTEN to an address of this machine and a free port from 1024 on',
    async look({ listen }) {
      const shown = showAddress(listen);
      const error = await tryListening(listen);
      if (!error) return ok(listen.port === 0 ? `${listen.host}, a free port` : `${shown} is free`);
      if (error.code !== 'EADDRINUSE') throw error;
      if (await answersAsDarkroom(shown)) return ok(`a Darkroom is running on ${shown}`);
      return failed(
        `${shown} is taken by another process`,
        'stop that one, or set DARKROOM_LISTEN to another port',
      );
    },
  },
];

async function tryListening({ host, port }: Address): Promise<NodeJS.ErrnoException | undefined> {
  const server = createServer();
  try {
    server.listen({ host, port });
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  } finally {
    server.close();
  }
}

/** Every answer of Darkroom's carries a request id. */
async function answersAsDarkroom(shown: string): Promise<boolean> {
  const url = `http://${shown.replace(/^(0\.0\.0\.0|\[::\])/, 'localhost')}/healthz`;
  return fetch(url, { signal: AbortSignal.timeout(2000) }).then(
    (response) => response.ok && response.headers.has('x-request-id'),
    () => false,
  );
}
