import type { Socket } from 'node:net';

/** Time for a client to read an answer that it did not wait for, milliseconds. */
const LINGER_MS = 2_000;

/**
 * Lets a connection be closed in two steps where node:http closes it in one: our side first, the rest when the client
 * has closed its own or had time to. A socket that is closed with bytes unread is reset, and that takes an answer away
 * which the client, still sending, has not read yet (RFC 9112, 9.6).
 */
export function lingerOnClose(socket: Socket): void {
  const closeAtOnce = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    if (socket.readableEnded || socket.destroyed) {
      closeAtOnce();
      return;
    }
    socket.destroySoon = closeAtOnce;
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
    socket.once('end', () => socket.destroy());
    socket.end();
    socket.resume();
  };
}
