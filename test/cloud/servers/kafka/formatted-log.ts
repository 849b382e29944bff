import { cp, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../cache-folder.ts';
import { underLock } from '../install/install-lock.ts';
import { runTool } from '../install/run-tool.ts';
import { brokerProperties, KAFKA_USER } from './broker-properties.ts';

const NO_PORTS = { plain: 1, sasl: 2, tls: 3, sasl_tls: 4 } as const;
const CLUSTER_ID = 'darkroom-test-cluster1';

/**
 * Puts a formatted, empty log folder at `to`. Formatting costs a Java start, and its result holds no port and no path, so it is
 * done once into the cache folder and copied from there.
 */
export async function formattedLog(classPath: string, to: string): Promise<void> {
  const folder = join(cacheFolder(), 'kafka-formatted');
  const there = () => stat(join(folder, 'kraft', 'meta.properties'));
  await there().catch(() =>
    underLock(`${folder}.lock`, () => there().catch(() => format(classPath, folder))),
  );
  await cp(join(folder, 'kraft'), to, { recursive: true });
}

async function format(classPath: string, folder: string): Promise<void> {
  const fresh = `${folder}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  const file = join(fresh, 'server.properties');
  const settings = {
    folder: fresh,
    ports: NO_PORTS,
    controllerPort: 5,
    advertised: {},
    keyStore: '',
    extra: {},
  };
  await writeFile(file, brokerProperties(settings));
  const user = `[name=${KAFKA_USER.username},password=${KAFKA_USER.password}]`;
  const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=${user}`,
  ]);
  await runTool({
    command: 'java',
    args: ['-cp', classPath, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', file, ...users],
    withinMs: 120_000,
  });
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
}
