import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { darkroom } from '../../harness/cli.ts';
import { smallJpeg } from '../../harness/photos.ts';
import { seededRandom } from '../../harness/random.ts';
import { TEST_KEY } from '../../harness/server.ts';
import { Client } from '../../life/client.ts';
import { makeCloudResources } from '../../life/targets/cloud-resources.ts';
import { fleetSettings, startFleet } from '../../life/targets/distributed.ts';
import { startAws } from '../servers/aws.ts';
import { startHttpFaultProxy } from '../servers/fault-proxy.ts';
import { startTcpFaultProxy } from '../servers/tcp-fault-proxy.ts';
import { doHarm, type FaultsDone } from './faults.ts';
import { type History, newHistory } from './history.ts';
import { sendAll } from './load.ts';
import { brokenPromises, drained, timesReady } from './oracle.ts';
import { senders } from './senders.ts';

export interface FaultTrial {
  readonly images: number;
  readonly kills: number;
  readonly seed: number;
  /** milliseconds, for what is left to do after the last fault */
  readonly patienceMs: number;
  readonly log: (line: string) => void;
}

export interface FaultOutcome {
  readonly faults: FaultsDone;
  readonly history: History;
  readonly drainMs: number;
  /** what `darkroom reconcile` mended after the end, before it found nothing any more */
  readonly mended: readonly string[];
  /** what was promised and not kept; empty is passed */
  readonly broken: string[];
}

/** All that takes messages, works and sweeps is killed; who answers stays, as the clients' errors are looked at. */
const ROLES = ['api', 'api', ...Array.from({ length: 3 }, () => 'worker,intake,sweeper')];
const SETTINGS = {
  DARKROOM_RENDERERS: '1',
  DARKROOM_LEASE: '10s',
  DARKROOM_RATE_LIMIT: 'off',
  DARKROOM_LOG_LEVEL: 'error',
};

/** Sends by three ways while workers die and servers go away, then compares the service with the log of its senders. */
export async function faultTrial({
  images,
  kills,
  seed,
  patienceMs,
  log,
}: FaultTrial): Promise<FaultOutcome> {
  const cloud = await startAws({
    s3: 'ministack',
    sqs: 'ministack',
    dynamodb: 'dynamodb-local',
    kafka: true,
  });
  const { endpoints, kafka } = cloud;
  if (!kafka) throw new Error('there is no broker');
  const s3 = await startHttpFaultProxy(endpoints.s3 ?? '');
  const sqs = await startTcpFaultProxy(Number(new URL(endpoints.sqs ?? '').port));
  const reached = {
    s3: s3.url,
    sqs: `http://127.0.0.1:${sqs.port}`,
    dynamodb: endpoints.dynamodb ?? '',
    kafka: kafka.brokers.plain,
  };
  const resources = await makeCloudResources(reached, { partitions: 3 });
  const fleet = await startFleet({ resources, reached, roles: ROLES, settings: SETTINGS });
  log(`${fleet.processes.length} processes run`);
  try {
    const history = newHistory();
    const [apis, workers] = [fleet.processes.slice(0, 2), fleet.processes.slice(2)];
    const urls = apis.map(({ server }) => server.url);
    const client = new Client({ url: urls[0] ?? '', urls, apiKey: TEST_KEY });
    const topic = { address: reached.kafka, topic: resources.topic ?? '' };
    let share = 0;
    const [faults] = await Promise.all([
      doHarm(
        {
          ...{ s3, sqs, kafka: kafka.server, kills, log },
          workers: workers.map(({ server }) => server),
          random: seededRandom(seed),
        },
        (progress) => {
          share = progress;
        },
      ),
      sendAll({
        ...{ history, images },
        send: senders({ history, urls, resources, kafka: topic }),
        jpeg: await smallJpeg(256),
        pace: () => share + 0.05,
      }),
    ]);
    log(`${history.acknowledged.size} images are acknowledged`);
    const drainedFrom = performance.now();
    const found = await drained(client, history, patienceMs);
    const drainMs = performance.now() - drainedFrom;
    const broken = [...history.wrong, ...brokenPromises(found, history)];
    const ready = found.filter(({ status }) => status === 'ready').map(({ image_id: imageId }) => imageId);
    for (const [imageId, times] of await timesReady(client, new Set(ready))) {
      if (times !== 1) broken.push(`${imageId} was told to be ready ${times} times`);
    }
    const exits = await fleet.end();
    if (exits.some((exit) => exit !== 0)) broken.push(`processes ended with ${exits.join(', ')}`);
    const { mended, left } = await reconciled(fleetSettings({ resources, reached, settings: SETTINGS }));
    broken.push(...left.map((line) => `left behind: ${line}`));
    return { faults, history, drainMs, mended, broken };
  } catch (error) {
    for (const { roles, server } of fleet.processes) {
      log(`the last words of ${roles}:\n${server.output.split('\n').slice(-8).join('\n')}`);
    }
    throw error;
  } finally {
    await fleet.stop();
    resources.close();
    await Promise.all([s3.close(), sqs.close()]);
    await cloud.stop();
  }
}

/** Mends what the kills have left, then looks for more. */
async function reconciled(
  settings: Readonly<Record<string, string>>,
): Promise<{ mended: string[]; left: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-reconcile-'));
  const run = async (...options: string[]) => {
    const env = { ...settings, DARKROOM_DATA: join(folder, 'data') };
    const { code, stdout, stderr } = await darkroom(
      ['reconcile', '--grace', '0s', '--json', ...options],
      env,
    );
    if (code !== 0) return [`darkroom reconcile ended with ${code}: ${stderr.slice(-500)}`];
    const { findings } = JSON.parse(stdout) as { findings: Finding[] };
    return findings.map(({ kind, detail, done, keys }) => `${kind}: ${detail} ${keys.join()} (${done})`);
  };
  try {
    return { mended: await run(), left: await run('--dry-run') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Finding {
  readonly kind: string;
  readonly detail: string;
  readonly done: string;
  readonly keys: readonly string[];
}
