import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../images/clock.ts';
import { SCHEMA_VERSION } from './database.ts';
import { openEmbedded } from './platform.ts';
import { newFolder } from './testing/data-folder.ts';

let dataDir: string;
let children: ChildProcess[];
beforeEach(async () => {
  dataDir = await newFolder();
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(dataDir, { recursive: true, force: true });
});

const open = (role: 'server' | 'tool') => openEmbedded({ dataDir, clock: systemClock, role });

/** A server in a process of its own; answers when it has opened the folder. */
async function startServer(): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('testing/idle-server.ts', import.meta.url));
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout ?? child, 'data');
  return child;
}

describe('a data folder', () => {
  it('has one server', async () => {
    await startServer();
    const began = performance.now();
    await expect(open('server')).rejects.toMatchObject({
      code: 'data_folder_in_use',
      message: expect.stringContaining(dataDir),
    });
    // It says so within two seconds; the margin is for a busy machine.
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('has one server, also within a process', async () => {
    const first = await open('server');
    await expect(open('server')).rejects.toMatchObject({ code: 'data_folder_in_use' });
    await first.close();
    await (await open('server')).close();
  });

  it('is free again when its server is killed', async () => {
    const server = await startServer();
    server.kill('SIGKILL');
    await once(server, 'exit');
    await (await open('server')).close();
  });

  it('is free again where a server failed to start', async () => {
    const { DatabaseSync } = await import('node:sqlite');
    await (await open('server')).close();
    const newer = new DatabaseSync(`${dataDir}/darkroom.db`);
    newer.exec('PRAGMA user_version = 99');
    await expect(open('server')).rejects.toMatchObject({ code: 'data_folder_newer' });
    newer.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    newer.close();
    await (await open('server')).close();
  });

  it('lets tools in beside its server, and beside none', async () => {
    const server = await open('server');
    const tools = await Promise.all([open('tool'), open('tool')]);
    expect(await tools[0]?.faults()).toEqual([]);
    for (const platform of [...tools, server]) await platform.close();
    await (await open('tool')).close();
  });
});
