import { spawn } from 'node:child_process';
import { createHash, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extent } from '../../../test/harness/extent.ts';
import { systemClock } from '../../images/clock.ts';
import type { Platform } from '../platform.ts';
import { openEmbedded } from './platform.ts';
import { type Acknowledged, byteAt } from './testing/busy-server.ts';
import { filesBelow, newFolder } from './testing/data-folder.ts';

const ROUNDS = extent({ short: 2, long: 8 });

let dataDir: string;
const acknowledged: Acknowledged[] = [];
beforeAll(async () => {
  dataDir = await newFolder();
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

/** Lets a server write in every way there is, and kills it in the middle. */
async function runAndKill(): Promise<void> {
  const script = fileURLToPath(new URL('testing/busy-server.ts', import.meta.url));
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => acknowledged.push(JSON.parse(line)));
  const heard = once(lines, 'close');
  await once(lines, 'line');
  await sleep(randomInt(20, 300));
  child.kill('SIGKILL');
  await heard;
}

const of = <K extends Acknowledged['kind']>(kind: K) =>
  acknowledged.filter((one): one is Extract<Acknowledged, { kind: K }> => one.kind === kind);

async function read(platform: Platform, key: string): Promise<Buffer> {
  const { stream } = await platform.objects.read(key);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function check(platform: Platform): Promise<void> {
  expect(await platform.inspect()).toEqual([]);
  for (const { key, sha256 } of of('object')) {
    const found = createHash('sha256')
      .update(await read(platform, key))
      .digest('hex');
    expect(found, key).toBe(sha256);
  }
  for (const { imageId } of of('image'))
    expect(await platform.catalog.read('t', imageId), imageId).toBeDefined();
  const { interactive } = await platform.queue.depth();
  expect(interactive.waiting).toBeGreaterThanOrEqual(of('message').length);
  expect((await platform.events.undelivered(1_000_000)).length).toBeGreaterThanOrEqual(of('image').length);
}

async function checkUploads(platform: Platform): Promise<void> {
  const completed = new Set(of('object').map(({ key }) => key));
  const offsets = new Map(of('offset').map(({ imageId, offset }) => [imageId, offset]));
  for (const [imageId, offset] of offsets) {
    const key = `raw/t/${imageId}`;
    if (completed.has(key)) continue;
    const upload = await platform.partialUploads.find('t', imageId);
    expect(upload?.offset, imageId).toBeGreaterThanOrEqual(offset);
    await finish(platform, imageId, upload?.offset ?? 0, upload?.length ?? 0);
    const bytes = await read(platform, key);
    expect(bytes.length).toBe(upload?.length);
    expect(bytes.every((byte, at) => byte === byteAt(at))).toBe(true);
    acknowledged.push({ kind: 'object', key, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
}

/** What a client does that comes back: sends the rest, then completes. */
async function finish(platform: Platform, imageId: string, offset: number, length: number): Promise<void> {
  const rest = Buffer.from(Array.from({ length: length - offset }, (_, at) => byteAt(offset + at)));
  await platform.partialUploads.append(
    't',
    imageId,
    offset,
    (async function* () {
      yield rest;
    })(),
  );
  await platform.partialUploads.complete('t', imageId, `raw/t/${imageId}`);
  await platform.partialUploads.remove('t', imageId);
}

describe('kill -9', () => {
  it(`in the middle of everything, ${ROUNDS} times: what was acknowledged is there, and nothing half done`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      await runAndKill();
      const platform = await openEmbedded({ dataDir, clock: systemClock, role: 'server' });
      await check(platform);
      await checkUploads(platform);
      const begun = await filesBelow(join(dataDir, 'incoming'));
      const known = await platform.partialUploads.abandoned(Date.now() + 1_000);
      expect(begun.length).toBeLessThanOrEqual(known.length);
      expect(await filesBelow(join(dataDir, 'scratch'))).toEqual([]);
      await platform.close();
    }
    expect(of('object').length).toBeGreaterThan(ROUNDS);
    expect(of('image').length).toBeGreaterThan(ROUNDS);
    expect(of('offset').length).toBeGreaterThan(ROUNDS);
  });
});
