import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { plainAddress, trusts } from './trusted-proxies.ts';

export interface ConnectionLimits {
  /** that one address may hold open */
  readonly perAddress: number;
  /** in all: those that follow are not taken */
  readonly inAll: number;
  /** who may hold any number: networks in CIDR notation */
  readonly exempt: readonly string[];
}

export const defaultConnectionLimits: ConnectionLimits = { perAddress: 4000, inAll: 16_000, exempt: [] };

/** Closes what an address opens beyond its share, before anything is read from it: to answer would cost more. */
export function limitConnections(server: Server, { perAddress, inAll, exempt }: ConnectionLimits): void {
  const isExempt = trusts(exempt);
  const open = new Map<string, number>();
  server.maxConnections = inAll;
  server.on('connection', (socket: Socket) => {
    const address = plainAddress(socket.remoteAddress);
    if (address === undefined || isExempt(address)) return;
    const count = (open.get(address) ?? 0) + 1;
    if (count > perAddress) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}
