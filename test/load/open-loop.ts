import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Sent {
  readonly status: number;
  /** milliseconds from the moment it should have been sent to the head of the answer */
  readonly ms: number;
  readonly text: string;
}

export interface OpenLoop {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** requests in a second, evenly, however slowly they are answered */
  readonly perSecond: number;
  readonly seconds: number;
}

/** Sends requests by the clock and not by the answers: a server that slows down gets no fewer of them. */
export async function openLoop(options: OpenLoop): Promise<Sent[]> {
  const { perSecond, seconds } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 1000 });
  const began = performance.now();
  const sending: Promise<Sent>[] = [];
  const count = Math.round(perSecond * seconds);
  while (sending.length < count) {
    const due = began + (sending.length * 1000) / perSecond;
    const early = due - performance.now();
    if (early > 0) await sleep(early);
    sending.push(send(agent, options, due));
  }
  const sent = await Promise.all(sending);
  agent.destroy();
  return sent;
}

/** A connection that breaks before there is an answer has the status 0. */
function send(agent: Agent, { url, headers, body }: OpenLoop, due: number): Promise<Sent> {
  return new Promise((resolve) => {
    const sending = request(url, {
      method: 'POST',
      agent,
      headers: { ...headers, 'content-length': body.length },
    });
    sending.once('response', (response) => {
      const ms = performance.now() - due;
      const chunks: Buffer[] = [];
      const end = () =>
        resolve({ status: response.statusCode ?? 0, ms, text: Buffer.concat(chunks).toString() });
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', end);
      response.once('error', end);
    });
    sending.on('error', (error) => resolve({ status: 0, ms: performance.now() - due, text: error.message }));
    sending.end(body);
  });
}

/** The value below which so large a share of all lies; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
