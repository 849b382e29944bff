import type { IncomingMessage, ServerResponse } from 'node:http';

/** How slowly a body may arrive. A mobile link of the second generation brings ten times as much. */
export interface BodyPace {
  /** milliseconds, each of which must bring enough on average; the first is for whoever begins slowly */
  readonly windowMs: number;
  /** bytes in a window */
  readonly leastBytes: number;
}

export const defaultBodyPace: BodyPace = { windowMs: 30_000, leastBytes: 15_000 };

export interface SlowBodies {
  /** Begins to look at how fast the body of a request comes. */
  watch(incoming: IncomingMessage, outgoing: ServerResponse): void;
  stop(): void;
}

interface Watched {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  bytes: number;
  since: number;
}

/**
 * Finds bodies that drip: each byte keeps the connection from being idle, and the place among the uploads under way
 * is taken. What is slow because we read slowly is not counted.
 *
 * @param onSlow is to end the request
 */
export function watchSlowBodies(
  onSlow: (incoming: IncomingMessage, outgoing: ServerResponse) => void,
  pace: BodyPace,
): SlowBodies {
  const watched = new Set<Watched>();
  const look = () => {
    const now = performance.now();
    for (const one of watched) {
      const { incoming } = one;
      if (incoming.complete || incoming.destroyed) watched.delete(one);
      else if (isFull(incoming)) restart(one, now);
      else if (now - one.since >= pace.windowMs) {
        if (incoming.socket.bytesRead - one.bytes >= pace.leastBytes) restart(one, now);
        else {
          watched.delete(one);
          onSlow(incoming, one.outgoing);
        }
      }
    }
  };
  const timer = setInterval(look, Math.min(1000, pace.windowMs / 4)).unref();
  return {
    watch(incoming, outgoing) {
      const { 'content-length': length, 'transfer-encoding': coding } = incoming.headers;
      if (coding === undefined && (length === undefined || length === '0')) return;
      const one = { incoming, outgoing, bytes: incoming.socket.bytesRead, since: performance.now() };
      watched.add(one);
      incoming.once('close', () => watched.delete(one));
    },
    stop: () => clearInterval(timer),
  };
}

/** Bytes wait here for us. */
function isFull({ readableLength, readableHighWaterMark }: IncomingMessage): boolean {
  return readableLength >= readableHighWaterMark;
}

function restart(one: Watched, now: number): void {
  one.bytes = one.incoming.socket.bytesRead;
  one.since = now;
}
