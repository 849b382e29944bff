import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestServer } from '../harness/server.ts';

/** How well the service was while something else happened to it. */
export interface Wellness {
  /** milliseconds of /healthz, from the quickest */
  readonly healthMs: number[];
  /** highest resident memory seen, bytes */
  readonly mainRss: number;
  readonly rendererRss: number;
}

const EVERY_MS = 20;

/** Asks for the health of the service, and looks at its memory, until told to stop. */
export function watch(server: TestServer): { stop(): Promise<Wellness> } {
  const healthMs: number[] = [];
  let [mainRss, rendererRss, stopped] = [0, 0, false];

  async function run(): Promise<void> {
    while (!stopped) {
      const started = performance.now();
      const response = await fetch(`${server.url}/healthz`);
      await response.text();
      if (response.status !== 200) throw new Error(`/healthz answered ${response.status}`);
      healthMs.push(performance.now() - started);
      mainRss = Math.max(mainRss, residentBytes(server.pid));
      rendererRss = Math.max(rendererRss, ...server.renderers().map(residentBytes));
      await sleep(EVERY_MS);
    }
  }

  const running = run();
  return {
    stop: async () => {
      stopped = true;
      await running;
      return { healthMs: healthMs.sort((one, other) => one - other), mainRss, rendererRss };
    },
  };
}

/** @param share 0..1 of the sorted values that are not above the answer */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

function residentBytes(pid: number): number {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
