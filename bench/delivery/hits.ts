import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { median, percentile } from '../statistics.ts';
import { type Answer, fetchAll, fetchAtRate } from './load.ts';
import { startNginx } from './nginx.ts';
import { cpuSeconds } from './processes.ts';

const ROUNDS = 3;

/**
 * Cached hits a second of processor time: our main process beside one nginx worker that serves the same bytes from a
 * file, in turns.
 */
export async function measureHits(
  url: string,
  { pid, folder }: { pid: number; folder: string },
): Promise<{ bytes: number; darkroom: number; nginx: number; ratio: number }> {
  const [{ body } = { body: Buffer.alloc(0) }] = await fetchAll([url], 1);
  const root = join(folder, 'files');
  await mkdir(root, { recursive: true });
  await writeFile(join(root, 'x.webp'), body);
  const nginx = await startNginx(folder, root);
  try {
    const rounds = Array.from({ length: ROUNDS }, () => ({
      darkroom: hitsPerCore(url, pid),
      nginx: hitsPerCore(`${nginx.url}/x.webp`, nginx.pid),
    }));
    const darkroom = median(rounds.map((round) => round.darkroom));
    const theirs = median(rounds.map((round) => round.nginx));
    return {
      bytes: body.length,
      darkroom: Math.round(darkroom),
      nginx: Math.round(theirs),
      ratio: Number((darkroom / theirs).toFixed(3)),
    };
  } finally {
    await nginx.stop();
  }
}

function hitsPerCore(url: string, pid: number): number {
  const before = cpuSeconds(pid);
  const run = spawnSync('wrk', ['-t1', '-c16', '-d5s', url], { encoding: 'utf8' });
  if (run.error) throw new Error("wrk did not run; install Debian's package wrk", { cause: run.error });
  if (/Non-2xx/.test(run.stdout)) throw new Error(`wrk was refused: ${run.stdout}`);
  const requests = Number(run.stdout.match(/(\d+) requests in/)?.[1]);
  return requests / (cpuSeconds(pid) - before);
}

export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly slowest: number;
}

/** Milliseconds of cached hits at 1,000 requests a second. */
export async function measureSteady(urls: readonly string[]): Promise<Latency> {
  await fetchAll(urls, 2);
  const urlOf = (index: number) => urls[index % urls.length] ?? '';
  return latencyOf(await fetchAtRate(urlOf, { perSecond: 1000, seconds: 10 }));
}

/** @throws where one was not answered with 200 */
export function latencyOf(answers: readonly Answer[]): Latency {
  const bad = answers.find(({ status }) => status !== 200);
  if (bad) throw new Error(`one was answered ${bad.status}: ${bad.body.toString().slice(0, 300)}`);
  const times = answers.map(({ ms }) => ms);
  const rounded = (ms: number) => Number(ms.toFixed(1));
  return {
    p50: rounded(percentile(times, 50)),
    p99: rounded(percentile(times, 99)),
    slowest: rounded(Math.max(...times)),
  };
}
