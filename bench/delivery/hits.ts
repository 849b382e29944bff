import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { median, percentile } from '../statistics.ts';
import { type Answer, fetchAll, fetchAtRate } from './load.ts';
import { startNginx } from './nginx.ts';
import { cpuSeconds } from './processes.ts';

const ROUNDS = 3;

export interface Hits {
  /** of the picture */
  readonly bytes: number;
  /** hits a second of processor time */
  readonly perCore: Readonly<Record<string, number>>;
  /** of nginx's */
  readonly share: Readonly<Record<string, number>>;
}

/**
 * Cached hits a second of processor time: our main process beside one nginx worker that serves the same bytes from a
 * file, in turns.
 *
 * @param urls of one picture in several ways, by name
 */
export async function measureHits(
  urls: Readonly<Record<string, string>>,
  { pid, folder }: { pid: number; folder: string },
): Promise<Hits> {
  const answers = await fetchAll(Object.values(urls), 1);
  const body = answers[0]?.body ?? Buffer.alloc(0);
  const root = join(folder, 'files');
  await mkdir(root, { recursive: true });
  await writeFile(join(root, 'x.webp'), body);
  const nginx = await startNginx(folder, root);
  try {
    const ours = Object.entries(urls).map(([name, url]) => ({ name, url, pid }));
    const contenders = [...ours, { name: 'nginx', url: `${nginx.url}/x.webp`, pid: nginx.pid }];
    const rounds = new Map(contenders.map(({ name }) => [name, [] as number[]]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const contender of contenders) rounds.get(contender.name)?.push(hitsPerCore(contender));
    }
    const perCore = Object.fromEntries([...rounds].map(([name, all]) => [name, Math.round(median(all))]));
    const share = ours.map(({ name }) => {
      const ratio = (perCore[name] ?? Number.NaN) / (perCore.nginx ?? Number.NaN);
      return [name, Number(ratio.toFixed(3))];
    });
    return { bytes: body.length, perCore, share: Object.fromEntries(share) };
  } finally {
    await nginx.stop();
  }
}

/**
 * So many connections that wrk is never idle: else each answer wakes it, which takes longer than answering does and is
 * counted with the server, the more so the slower that is.
 */
const WRK = ['-t1', '-c64', '-d5s'];

function hitsPerCore({ url, pid }: { url: string; pid: number }): number {
  const before = cpuSeconds(pid);
  const run = spawnSync('wrk', [...WRK, url], { encoding: 'utf8' });
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
