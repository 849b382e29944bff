/**
 * npm run bench:delivery [-- --photos DIR --imgproxy URL --images 24 --threads 2 --json FILE]
 *
 * Cold: pictures that nobody has asked for yet, beside ipx and, where its address is given, imgproxy; the same
 * photographs, widths, formats and qualities, the same number of threads. Warm: cached hits beside nginx serving the
 * same bytes as files. All in one run, so that the ratios hold on a noisy machine.
 *
 * imgproxy reads the photographs from its local root and takes unsafe URLs:
 *   IMGPROXY_LOCAL_FILESYSTEM_ROOT=DIR IMGPROXY_WORKERS=2 IMGPROXY_AVIF_SPEED=5 IMGPROXY_BIND=127.0.0.1:8081 imgproxy
 */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { findPhotos } from '../environment.ts';
import { median, percentile } from '../statistics.ts';
import {
  COLD_FORMATS,
  type ColdFormat,
  type Contender,
  type Picture,
  startDarkroom,
  startIpx,
  startNginx,
  usingImgproxy,
} from './contenders.ts';
import { cpuSeconds } from './cpu.ts';
import { fetchAll, fetchAtRate } from './load.ts';

const { values } = parseArgs({
  options: {
    photos: { type: 'string' },
    imgproxy: { type: 'string' },
    images: { type: 'string', default: '24' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(availableParallelism()) },
    json: { type: 'string', default: 'bench/results/delivery.json' },
  },
});
const threads = Number(values.threads);
const photos = await findPhotos(values.photos);
const folder = await mkdtemp(join(tmpdir(), 'darkroom-delivery-'));

const darkroom = await startDarkroom(folder, photos, threads);
const contenders: Contender[] = [darkroom, await startIpx(photos, threads)];
if (values.imgproxy !== undefined) contenders.push(usingImgproxy(values.imgproxy));
try {
  const report = {
    cold: await cold(),
    equal: await equalRequests(),
    warm: await warm(),
    steady: await steady(),
  };
  await mkdir(dirname(values.json), { recursive: true });
  await writeFile(values.json, `${JSON.stringify({ node: process.version, threads, ...report }, null, 2)}\n`);
  console.table(report.cold);
  console.log('100 equal requests at once:', report.equal);
  console.log('cached hits:', report.warm);
  console.log('1,000 requests a second:', report.steady);
} finally {
  for (const contender of contenders) await contender.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Pictures a second by format and contender: the median of the rounds. Every picture is asked for once in its life. */
async function cold(): Promise<Record<string, Record<string, number>>> {
  const rates = new Map<string, Map<string, number[]>>(COLD_FORMATS.map((format) => [format, new Map()]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const format of COLD_FORMATS) {
      const pictures = picturesOf(format, round);
      for (const contender of contenders) {
        const urls = pictures.map((picture) => contender.url(picture));
        const started = performance.now();
        const answers = await fetchAll(urls, threads * 2);
        const bad = answers.find(({ status }) => status !== 200);
        if (bad) throw new Error(`${contender.name} answered ${bad.status} for ${format}`);
        const rate = urls.length / ((performance.now() - started) / 1000);
        const ofFormat = rates.get(format);
        ofFormat?.set(contender.name, [...(ofFormat.get(contender.name) ?? []), rate]);
      }
    }
  }
  return Object.fromEntries(
    [...rates].map(([format, byName]) => [
      format,
      Object.fromEntries([...byName].map(([name, all]) => [name, Number(median(all).toFixed(2))])),
    ]),
  );
}

/** Widths on the ladder for unsigned URLs, another one each round, so that nothing is cached yet. */
const WIDTHS = [441, 512, 594, 689, 799, 927, 1075, 1246];

function picturesOf(format: ColdFormat, round: number): Picture[] {
  return Array.from({ length: Number(values.images) }, (_, index) => {
    const lap = Math.floor(index / photos.length) + round * Math.ceil(Number(values.images) / photos.length);
    return {
      photo: photos[index % photos.length] as string,
      width: WIDTHS[lap % WIDTHS.length] as number,
      format,
    };
  });
}

/** How many renders a hundred equal requests cost. */
async function equalRequests(): Promise<{ renders: number; slowestMs: number }> {
  const url = darkroom.url({ photo: photos[0] as string, width: 1446, format: 'webp' });
  const before = await renders();
  const answers = await fetchAll(
    Array.from({ length: 100 }, () => url),
    100,
  );
  return {
    renders: (await renders()) - before,
    slowestMs: Math.round(Math.max(...answers.map(({ ms }) => ms))),
  };
}

async function renders(): Promise<number> {
  const text = await (await fetch(`${darkroom.server.url}/metrics`)).text();
  return Number(text.match(/^darkroom_derivatives_rendered (\d+)/m)?.[1] ?? Number.NaN);
}

/** Requests a second of processor time, cached: Darkroom's main process beside one nginx worker over the same bytes. */
async function warm(): Promise<Record<string, number>> {
  const url = darkroom.url({ photo: photos[0] as string, width: 441, format: 'webp' });
  const root = join(folder, 'files');
  await mkdir(root, { recursive: true });
  await writeFile(join(root, 'x.webp'), new Uint8Array(await (await fetch(url)).arrayBuffer()));
  const nginx = await startNginx(folder, root);
  try {
    const ours = hitsPerCore(url, darkroom.server.pid);
    const theirs = hitsPerCore(`${nginx.url}/x.webp`, nginx.pid);
    return {
      darkroom: Math.round(ours),
      nginx: Math.round(theirs),
      ratio: Number((ours / theirs).toFixed(3)),
    };
  } finally {
    await nginx.stop();
  }
}

function hitsPerCore(url: string, pid: number): number {
  const before = cpuSeconds(pid);
  const run = spawnSync('wrk', ['-t1', '-c16', '-d6s', url], { encoding: 'utf8' });
  if (run.error) throw new Error("wrk did not run; install Debian's package wrk", { cause: run.error });
  const requests = Number(run.stdout.match(/(\d+) requests in/)?.[1]);
  return requests / (cpuSeconds(pid) - before);
}

/** Latency of cached hits at a steady rate, milliseconds. */
async function steady(): Promise<Record<string, number>> {
  const urls = photos.map((photo) => darkroom.url({ photo, width: 441, format: 'webp' }));
  await fetchAll(urls, threads);
  const answers = await fetchAtRate((index) => urls[index % urls.length] as string, {
    perSecond: 1000,
    seconds: 10,
  });
  const times = answers.map(({ ms }) => ms);
  return { p50: percentile(times, 50), p99: percentile(times, 99), slowest: Math.max(...times) };
}
