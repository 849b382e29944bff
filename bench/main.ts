/**
 * npm run bench [-- --photos DIR --images 96 --rounds 3 --processes 2 --soak 0 --encryption --json FILE]
 *
 * The service beside bare loops that make the same outputs in the same number of processes, in one run, so that
 * the ratios hold on a noisy machine. Rounds go A B C D, A B C D, ...; the medians of the rounds are reported.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { contenders } from './contenders.ts';
import { measureEncryption } from './encryption.ts';
import { findPhotos, repeat } from './environment.ts';
import { Server, startupMs } from './server.ts';
import { median, percentile } from './statistics.ts';

const { values } = parseArgs({
  options: {
    photos: { type: 'string' },
    images: { type: 'string', default: '96' },
    rounds: { type: 'string', default: '3' },
    processes: { type: 'string', default: String(availableParallelism()) },
    soak: { type: 'string', default: '0' },
    /** the API alone, of two servers that differ in encryption at rest */
    encryption: { type: 'boolean', default: false },
    json: { type: 'string', default: 'bench/results/latest.json' },
  },
});
const processes = Number(values.processes);
const photos = await findPhotos(values.photos);
const work = repeat(photos, Number(values.images));
const folder = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));

try {
  const round = { photos: work, processes, folder, rounds: Number(values.rounds) };
  const report = values.encryption ? await measureEncryption(round) : await measure();
  await mkdir(dirname(values.json), { recursive: true });
  await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
  if ('encryptedToPlain' in report) console.log(JSON.stringify(report, null, 2));
  else print(report);
} finally {
  await rm(folder, { recursive: true, force: true });
}

type Report = Awaited<ReturnType<typeof measure>>;

async function measure() {
  const startup = await startupMs(folder, photos[0] as string);
  const server = await Server.start(join(folder, 'data'), { DARKROOM_RENDERERS: String(processes) });
  try {
    for (const photo of photos) await server.ready((await server.upload(photo)).imageId);
    const latency = await idleLatency(server);
    const rounds: Record<string, number[]> = {};
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const [name, run] of Object.entries(contenders)) {
        rounds[name] ??= [];
        rounds[name].push(await run({ photos: work, processes, folder, server }));
      }
    }
    const soak = await memoryOverTime(server, Number(values.soak));
    return {
      node: process.version,
      processes,
      photos: photos.length,
      imagesPerRound: work.length,
      imagesPerSecond: Object.fromEntries(Object.entries(rounds).map(([name, all]) => [name, median(all)])),
      apiToFusedLoop: ratio(rounds, 'through the API', 'fused loop'),
      apiToPlainLoop: ratio(rounds, 'through the API', 'plain loop'),
      processToFusedLoop: ratio(rounds, 'darkroom process', 'fused loop'),
      fusedToPlainLoop: ratio(rounds, 'fused loop', 'plain loop'),
      startToFirstUploadMs: startup,
      readyAfterUploadMs: {
        p50: percentile(latency, 50),
        p99: percentile(latency, 99),
        samples: latency.length,
      },
      peakBytes: server.memory(),
      soak,
    };
  } finally {
    await server.stop();
  }
}

/** Milliseconds from the acknowledged upload to `ready`, one image at a time, on an idle server. */
async function idleLatency(server: Server): Promise<number[]> {
  const times: number[] = [];
  for (const photo of repeat(photos, Math.max(24, photos.length))) {
    const { imageId, acknowledgedAt } = await server.upload(photo);
    await server.ready(imageId);
    times.push(performance.now() - acknowledgedAt);
  }
  return times;
}

/** Peak memory of the main process after each hundred images: flat is what it should be. */
async function memoryOverTime(server: Server, images: number): Promise<number[]> {
  const peaks: number[] = [];
  for (let done = 0; done < images; done += 100) {
    await contenders['through the API']?.({ photos: repeat(photos, 100), processes, folder, server });
    peaks.push(server.memory().main);
  }
  return peaks;
}

/** Median over the rounds of one contender's rate by another's in the same round. */
function ratio(rounds: Record<string, number[]>, of: string, by: string): number {
  const divisors = rounds[by] ?? [];
  return median((rounds[of] ?? []).map((rate, round) => rate / (divisors[round] ?? Number.NaN)));
}

function print(report: Report): void {
  const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  console.log(
    `${report.imagesPerRound} images a round, ${report.photos} photographs, ${processes} processes\n`,
  );
  console.table(
    Object.fromEntries(
      Object.entries(report.imagesPerSecond).map(([name, rate]) => [
        name,
        { 'images/s': Number(rate.toFixed(2)) },
      ]),
    ),
  );
  const rows: [string, string][] = [
    ['API / fused loop', report.apiToFusedLoop.toFixed(3)],
    ['API / plain loop', report.apiToPlainLoop.toFixed(3)],
    ['darkroom process / fused loop', report.processToFusedLoop.toFixed(3)],
    ['fused loop / plain loop', report.fusedToPlainLoop.toFixed(3)],
    ['start to first accepted upload', `${report.startToFirstUploadMs.toFixed(0)} ms`],
    [
      'upload end to ready, idle',
      `p50 ${report.readyAfterUploadMs.p50.toFixed(0)} ms, p99 ${report.readyAfterUploadMs.p99.toFixed(0)} ms`,
    ],
    [
      'peak memory',
      `main ${mib(report.peakBytes.main)}, renderers ${report.peakBytes.renderers.map(mib).join(', ')}`,
    ],
    ...(report.soak.length > 0
      ? [['main process peak after each 100 images', report.soak.map(mib).join(', ')] as [string, string]]
      : []),
  ];
  for (const [what, figure] of rows) console.log(`${what.padEnd(42)} ${figure}`);
}
