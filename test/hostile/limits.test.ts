import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { heavyCopy, namedCopy, smallJpeg } from '../harness/photos.ts';
import { randomBytes } from '../harness/random.ts';
import { TestServer } from '../harness/server.ts';
import { accepted } from '../harness/uploads.ts';
import { outcomeOf, sendDirectly, settled } from './outcome.ts';
import { tracesIn } from './traces.ts';

const run = promisify(execFile);

describe('an encode that would take minutes', () => {
  let folder: string;
  let server: TestServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'darkroom-slow-'));
    const env = { DARKROOM_RENDERERS: '1', DARKROOM_RENDER_DEADLINE: '2s' };
    server = await TestServer.start({ dataDir: join(folder, 'data'), env });
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('is killed at its deadline, with its own code, and the next picture goes on', async () => {
    await accepted(
      await server.fetch('/v1/pipelines/slowest', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(slowest),
      }),
    );
    const noise = await noisePng(1_600);
    const started = performance.now();
    const slow = await outcomeOf(
      () => sendDirectly(server, { name: 'noise.png', bytes: noise }, '&pipeline=slowest'),
      server,
    );
    expect(slow).toBe('render_too_costly');
    expect(performance.now() - started).toBeLessThan(20_000);
    const { bytes } = namedCopy(await smallJpeg(96), 'next.jpg');
    expect(await outcomeOf(() => sendDirectly(server, { name: 'next.jpg', bytes }), server)).toBe('ready');
    await expect.poll(() => tracesIn(join(folder, 'data')), { timeout: 5_000 }).toEqual([]);
  });

  /** AVIF at the slowest effort: sharp's own timeout does not stop it. */
  const slowest = {
    name: 'slowest',
    steps: [
      { step: 'validate' },
      { step: 'resize', variants: [{ name: 'large', width: 1_600, height: 1_600 }] },
      { step: 'convert', outputs: [{ format: 'avif', quality: 90, effort: 9 }] },
    ],
  };
});

describe('a full disk', async () => {
  const why = await whyNoTmpfs();
  if (why) console.log(`the full disk is not tested here: ${why}`);
  let folder: string;
  let server: TestServer;

  beforeAll(async () => {
    if (why) return;
    folder = await mkdtemp(join(tmpdir(), 'darkroom-full-'));
    await mkdir(join(folder, 'disk'));
    await run('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', join(folder, 'disk')]);
    const env = { DARKROOM_RENDERERS: '1', DARKROOM_SWEEP_INTERVAL: '500ms' };
    server = await TestServer.start({ dataDir: join(folder, 'disk', 'data'), env });
  });
  afterAll(async () => {
    if (why) return;
    await server?.stop();
    await run('umount', [join(folder, 'disk')]);
    await rm(folder, { recursive: true, force: true });
  });

  it.skipIf(why)(
    'refuses with its own code, loses nothing, erases, and goes on once there is room',
    async () => {
      const { kept, refusal } = await uploadUntilRefused();
      expect(refusal).toMatchObject({ status: 507, code: 'storage_full' });
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
      expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
      for (const imageId of kept) {
        const original = await accepted(await server.fetch(`/v1/image/${imageId}/original`));
        expect((await original.arrayBuffer()).byteLength).toBeGreaterThan(0);
      }

      for (const imageId of kept.slice(0, Math.ceil(kept.length / 2))) {
        const erased = await server.fetch(`/v1/image/${imageId}`, { method: 'DELETE' });
        expect(erased.status).toBe(204);
      }
      await vi.waitFor(async () => expect((await fetch(`${server.url}/readyz`)).status).toBe(200), 10_000);
      const again = await sendDirectly(server, { name: 'again.jpg', bytes: await smallJpeg(64) });
      for (const imageId of [...kept.slice(Math.ceil(kept.length / 2)), again.image_id]) {
        expect((await settled(server, imageId)).status).toBe('ready');
      }
    },
  );

  /** What was acknowledged by then may still wait for room for its variants. */
  async function uploadUntilRefused(): Promise<{ kept: string[]; refusal: unknown }> {
    const jpeg = await smallJpeg(64);
    const kept: string[] = [];
    for (let count = 1; count <= 100; count += 1) {
      try {
        const { bytes } = heavyCopy(jpeg, `${count}.jpg`, 10);
        kept.push((await sendDirectly(server, { name: `${count}.jpg`, bytes })).image_id);
      } catch (refusal) {
        return { kept, refusal };
      }
    }
    return { kept, refusal: undefined };
  }
});

/** Nothing compresses it, and nothing is slower to encode. */
async function noisePng(side: number): Promise<Buffer> {
  const raw = { width: side, height: side, channels: 3 as const };
  const pixels = randomBytes(1, side * side * 3);
  return await sharp(pixels, { raw }).png({ compressionLevel: 1 }).toBuffer();
}

async function whyNoTmpfs(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'mounting a tmpfs needs root on Linux';
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-probe-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
    await run('umount', [folder]);
    return undefined;
  } catch (error) {
    return `this machine mounts no tmpfs: ${error instanceof Error ? error.message.trim() : error}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
