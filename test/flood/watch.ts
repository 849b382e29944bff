import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { HealthCheck } from './health-watch.ts';

/** Begins to ask for a URL again and again; `stop` answers how it went. Answers once the first was answered. */
export async function watchHealth(url: string): Promise<{ stop(): Promise<HealthCheck[]> }> {
  const worker = new Worker(new URL('./health-watch.ts', import.meta.url), { workerData: { url } });
  await once(worker, 'message');
  return {
    async stop() {
      const told = once(worker, 'message');
      worker.postMessage('stop');
      return (await told)[0] as HealthCheck[];
    },
  };
}

/** Highest resident memory that a process has had, bytes (Linux). */
export function peakMemory(pid: number): number {
  const line = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1]) * 1024;
}
