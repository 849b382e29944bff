import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { smallJpeg } from '../harness/photos.ts';
import { TEST_KEY, TestServer } from '../harness/server.ts';
import { openLoop, percentile, type Sent } from './open-loop.ts';

/**
 * `npm run test:load -- --seconds 20`: uploads at three times the rate that is admitted. What was accepted must become
 * ready, the rest must be refused with 429 or 503 and at once, and nothing may be lost.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    times: { type: 'string', default: '3' },
    'limit-ms': { type: 'string', default: '50' },
  },
});
const ADMITTED_PER_SECOND = 20;
/** of the rule for uploads, 6,000 in a minute */
const FACTOR = '0.2';

const SETTLE_MS = 2000;

const limitMs = Number(values['limit-ms']);
const folder = await mkdtemp(join(tmpdir(), 'darkroom-load-'));
const server = await TestServer.start({
  dataDir: folder,
  env: { DARKROOM_RATE_LIMIT: FACTOR, DARKROOM_RENDERERS: '1' },
});
try {
  const uploads = {
    url: `${server.url}/v1/images?filename=load.jpg`,
    headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'image/jpeg' },
  };
  // The bucket is full at first. What is no picture empties it without making work.
  for (let left = true; left; ) {
    const answers = await openLoop({ ...uploads, body: new Uint8Array(), perSecond: 1000, seconds: 0.25 });
    left = !answers.some(({ status }) => status === 429);
  }
  // What that left to be done is not to be measured.
  await sleep(SETTLE_MS);
  const sent = await openLoop({
    ...uploads,
    body: await smallJpeg(640),
    perSecond: ADMITTED_PER_SECOND * Number(values.times),
    seconds: Number(values.seconds),
  });
  const accepted = sent.filter(({ status }) => status === 202);
  const refused = sent.filter(({ status }) => status === 429 || status === 503);
  const unfinished = await notReady(accepted);
  const p99 = percentile(
    refused.map(({ ms }) => ms),
    0.99,
  );
  const report = {
    offered_per_second: ADMITTED_PER_SECOND * Number(values.times),
    admitted_per_second: ADMITTED_PER_SECOND,
    sent: sent.length,
    accepted: accepted.length,
    refused: refused.length,
    otherwise: sent.length - accepted.length - refused.length,
    accepted_ms: spread(accepted),
    refused_ms: spread(refused),
    lost: unfinished.length,
  };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  const isGood = report.otherwise === 0 && report.lost === 0 && refused.length > 0 && p99 <= limitMs;
  if (!isGood) {
    const odd = sent.find(({ status }) => ![202, 429, 503].includes(status));
    process.stdout.write(
      `Not as promised: refusals within ${limitMs} ms (p99 ${p99.toFixed(1)}), nothing lost, nothing else.\n${JSON.stringify(odd ?? unfinished[0] ?? null)}\n`,
    );
    process.exitCode = 1;
  }
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

function spread(answers: readonly Sent[]): Record<string, number> {
  const of = (share: number) =>
    Math.round(
      percentile(
        answers.map(({ ms }) => ms),
        share,
      ) * 10,
    ) / 10;
  return { p50: of(0.5), p99: of(0.99), most: of(1) };
}

/** Images that were accepted and did not come to be. */
async function notReady(accepted: readonly Sent[]): Promise<string[]> {
  const lost: string[] = [];
  for (const { text } of accepted) {
    const { image_id: id } = JSON.parse(text) as { image_id: string };
    if (!(await becomesReady(id))) lost.push(id);
  }
  return lost;
}

async function becomesReady(id: string): Promise<boolean> {
  for (let asked = 0; asked < 10; asked++) {
    const record = (await (await server.fetch(`/v1/image/${id}?wait=ready`)).json()) as { status?: string };
    if (record.status === 'ready') return true;
  }
  return false;
}
