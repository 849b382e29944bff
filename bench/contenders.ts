import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { link, mkdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runLoop } from './loop.ts';
import type { Server } from './server.ts';

const cli = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

export interface Round {
  readonly photos: readonly string[];
  readonly processes: number;
  readonly folder: string;
  readonly server: Server;
}

/** What is measured side by side: each answers images per second over the same photographs. */
export const contenders: Record<string, (round: Round) => Promise<number>> = {
  'plain loop': async ({ photos, processes, folder }) =>
    (await runLoop('plain', photos, { processes, folder })).imagesPerSecond,
  'fused loop': async ({ photos, processes, folder }) =>
    (await runLoop('fused', photos, { processes, folder })).imagesPerSecond,
  'through the API': throughTheApi,
  'darkroom process': throughProcess,
};

/** Uploads in flight or waiting at once: enough that the renderers never wait for the client. */
const IN_FLIGHT = 8;

/** From the first byte of the first upload until the last image is ready. */
async function throughTheApi({ photos, server }: Round): Promise<number> {
  const queue = [...photos];
  const started = performance.now();
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      for (let photo = queue.shift(); photo !== undefined; photo = queue.shift()) {
        const { imageId } = await server.upload(photo);
        await server.ready(imageId);
      }
    }),
  );
  return perSecond(photos.length, started);
}

/** `darkroom process`, its start and end included. */
async function throughProcess({ photos, processes, folder }: Round): Promise<number> {
  const unique = join(folder, `process-${process.hrtime.bigint()}`);
  await mkdir(join(unique, 'in'), { recursive: true });
  await Promise.all(
    photos.map((photo, index) => copyOf(photo, join(unique, 'in', `${index}${extname(photo)}`))),
  );
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [
      cli,
      'process',
      join(unique, 'in'),
      '--out',
      join(unique, 'out'),
      '--renderers',
      String(processes),
      '--json',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`darkroom process ended with ${code}`);
  return perSecond(photos.length, started);
}

async function copyOf(photo: string, path: string): Promise<void> {
  const { copyFile } = await import('node:fs/promises');
  await link(photo, path).catch(() => copyFile(photo, path));
}

function perSecond(count: number, started: number): number {
  return count / ((performance.now() - started) / 1000);
}
