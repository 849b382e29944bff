import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

/**
 * Asks for one URL again and again, over a connection that is kept, until it is told to stop; then says how long each
 * answer took. In a thread of its own, so that nothing else that a test does is counted.
 */

export interface HealthCheck {
  readonly status: number;
  /** milliseconds */
  readonly ms: number;
}

/** milliseconds between an answer and the next request */
const PAUSE_MS = 10;

const { url } = workerData as { url: string };
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const checks: HealthCheck[] = [];
let isOver = false;
parentPort?.once('message', () => {
  isOver = true;
});
while (!isOver) {
  checks.push(await check());
  if (checks.length === 1) parentPort?.postMessage('begun');
  await sleep(PAUSE_MS);
}
agent.destroy();
parentPort?.postMessage(checks);

function check(): Promise<HealthCheck> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent }, (response) => {
      response.resume();
      response.on('end', () => resolve({ status: response.statusCode ?? 0, ms: performance.now() - began }));
    });
    sent.on('error', reject);
    sent.end();
  });
}
