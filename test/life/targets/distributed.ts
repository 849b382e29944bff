import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TEST_KEY, TestServer } from '../../harness/server.ts';
import type { Platform, Target, TargetOptions } from '../target.ts';
import { type CloudEndpoints, type CloudResources, makeCloudResources } from './cloud-resources.ts';
import { filesBelow } from './files-below.ts';

/** The roles of each process. */
const PROCESSES = ['api', 'api', 'worker', 'worker', 'intake,sweeper'] as const;

/** Several processes with nothing in common but servers: two that answer, two that work, one that takes in and sweeps. */
export function distributed(endpoints: () => Promise<CloudEndpoints>): Platform {
  return {
    name: 'distributed',
    async start(options) {
      const reached = await endpoints();
      const resources = await makeCloudResources(reached);
      const fleet = await startFleet({ resources, reached, roles: PROCESSES, settings: options.settings });
      return targetOf(fleet, resources, reached);
    },
  };
}

export interface FleetOptions {
  readonly resources: CloudResources;
  readonly reached: CloudEndpoints;
  /** of each process; the first is `api` */
  readonly roles: readonly string[];
  readonly settings: TargetOptions['settings'];
}

/** Processes of one service, each with a data folder of its own. */
export interface Fleet {
  readonly processes: readonly FleetProcess[];
  /** SIGTERM to all. @returns how each ended; null where it did not run any more */
  end(): Promise<(number | string | null)[]>;
  /** The same, and removes their folders. */
  stop(): Promise<(number | string | null)[]>;
}

export interface FleetProcess {
  readonly roles: string;
  readonly dataDir: string;
  readonly server: TestServer;
}

/** By which a command finds what the processes share. */
export function fleetSettings({
  resources,
  reached,
  settings,
}: Omit<FleetOptions, 'roles'>): Record<string, string> {
  return {
    ...settings,
    ...resources.settings,
    DARKROOM_S3_ENDPOINT: reached.s3,
    DARKROOM_SQS_ENDPOINT: reached.sqs,
    ...(reached.kafka !== undefined && { DARKROOM_KAFKA_BROKERS: reached.kafka }),
  };
}

/** @throws Error with what a process has printed that did not come up; none is left running then */
export async function startFleet({ resources, reached, roles, settings }: FleetOptions): Promise<Fleet> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-fleet-'));
  const rules = join(folder, 'bucket-rules.json');
  await writeFile(rules, JSON.stringify(resources.rules));
  const processes: FleetProcess[] = [];
  const env = { ...fleetSettings({ resources, reached, settings }), DARKROOM_BUCKET_RULES: rules };
  const start = async (role: string, more: Readonly<Record<string, string>>) => {
    const dataDir = join(folder, `${processes.length}-${role.replace(',', '-')}`);
    const args = ['--roles', role];
    const server = await TestServer.start({ dataDir, args, env: { ...env, ...more } });
    processes.push({ roles: role, dataDir, server });
    return server;
  };
  const end = () => Promise.all(processes.map(({ server }) => server.stop()));
  const stop = async () => {
    const exits = await end();
    await rm(folder, { recursive: true, force: true });
    return exits;
  };
  try {
    const [first = 'api', ...others] = roles;
    const { url } = await start(first, {});
    // Links begin with what the first is called; one after the other, as machines come and go.
    for (const role of others) await start(role, { DARKROOM_PUBLIC_URL: url });
    return { processes, end, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function targetOf({ processes, stop }: Fleet, resources: CloudResources, reached: CloudEndpoints): Target {
  const urls = processes.filter(({ roles }) => roles === 'api').map(({ server }) => server.url);
  return {
    url: urls[0] ?? '',
    urls,
    apiKey: TEST_KEY,
    capabilities: {
      dropIntoBucket: resources.drop,
      uploadsTo: reached.s3,
      ...(reached.kafka !== undefined &&
        resources.topic !== undefined && { kafka: { address: reached.kafka, topic: resources.topic } }),
    },
    async storedKeys() {
      const caches = processes.map(async ({ dataDir, roles }, index) =>
        (await filesBelow(join(dataDir, 'cache'))).map((path) => `${roles} ${index}: ${path}`),
      );
      return [...(await resources.storedKeys()), ...(await Promise.all(caches)).flat()];
    },
    withhold: (imageId) => resources.withhold(`raw/main/${imageId}`),
    output: () => processes.map(({ server }) => server.output).join('\n'),
    async stop() {
      const exits = await stop();
      resources.close();
      return exits;
    },
  };
}
