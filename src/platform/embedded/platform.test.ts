import { chmod, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../images/clock.contract.ts';
import { anEvent, anImage } from '../../images/testing/images.ts';
import { someWork } from '../../pipeline/queue.contract.ts';
import type { Platform } from '../platform.ts';
import { openEmbedded } from './platform.ts';
import { newFolder } from './testing/data-folder.ts';

const clock = createFakeClock();
let parent: string;
let dataDir: string;
beforeEach(async () => {
  parent = await newFolder();
  dataDir = join(parent, 'not', 'there', 'yet');
});
afterEach(() => rm(parent, { recursive: true, force: true }));

async function opened<T>(use: (platform: Platform) => Promise<T>): Promise<T> {
  const platform = await openEmbedded({ dataDir, clock, role: 'server' });
  try {
    return await use(platform);
  } finally {
    await platform.close();
  }
}

describe('a data folder', () => {
  it('is made with its parents, for its owner alone', async () => {
    await opened(async () => {});
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  });

  it.each([
    ['a file', 'file', 'file is a file. Set DARKROOM_DATA'],
    ['below a file', 'file/data', 'file is a file. Set DARKROOM_DATA'],
    ['below another process', '/proc/darkroom/data', 'cannot be made (ENOENT). Set DARKROOM_DATA'],
  ])('cannot be %s', async (_, path, words) => {
    await writeFile(join(parent, 'file'), '');
    dataDir = resolve(parent, path);
    const opening = opened(async () => {});
    await expect(opening).rejects.toMatchObject({ code: 'invalid_settings' });
    await expect(opening).rejects.toThrow(words);
  });

  it('keeps everything from one start to the next', async () => {
    const image = anImage(clock.now());
    const first = await opened(async (platform) => {
      await platform.catalog.create(image, { events: [anEvent(image, clock.now())] });
      await platform.queue.send(someWork('a'), { lane: 'interactive', dedupeId: 'a' });
      return platform.secrets.getOrCreate('key', () => 'made at the first start');
    });
    expect(first).toEqual({ value: 'made at the first start', created: true });
    await opened(async (platform) => {
      expect(await platform.catalog.read('ours', image.record.image_id)).toMatchObject(image);
      expect(await platform.events.undelivered(10)).toHaveLength(1);
      expect(await platform.queue.receive({ max: 1, waitMs: 0, leaseMs: 1 })).toHaveLength(1);
      const again = await platform.secrets.getOrCreate('key', () => 'made again');
      expect(again).toEqual({ value: 'made at the first start', created: false });
      expect(await platform.inspect()).toEqual([]);
    });
  });
});

describe('a secret', () => {
  it('is the same for all who ask at once, and made once', async () => {
    await opened(async ({ secrets }) => {
      let made = 0;
      const ask = () => secrets.getOrCreate('key', () => `secret ${++made}`);
      const answers = await Promise.all(Array.from({ length: 16 }, ask));
      expect(new Set(answers.map(({ value }) => value))).toEqual(new Set(['secret 1']));
      expect(answers.filter(({ created }) => created)).toHaveLength(1);
    });
  });

  it('is not stored where making it failed', async () => {
    await opened(async ({ secrets }) => {
      const failing = secrets.getOrCreate('key', () => {
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      expect(await secrets.getOrCreate('key', () => 'fine')).toEqual({ value: 'fine', created: true });
    });
  });
});

describe('faults', () => {
  it('are none where all is well', async () => {
    expect(await opened((platform) => platform.faults())).toEqual([]);
  });

  it('name a folder that is gone', async () => {
    await opened(async (platform) => {
      await rm(join(dataDir, 'incoming'), { recursive: true });
      expect(await platform.faults()).toEqual([expect.stringMatching(/cannot be written \(ENOENT\)/)]);
    });
  });

  it.skipIf(process.getuid?.() === 0)(
    'name a folder that cannot be written (root can write anywhere)',
    async () => {
      await opened(async (platform) => {
        await chmod(join(dataDir, 'incoming'), 0o500);
        expect(await platform.faults()).toEqual([expect.stringMatching(/cannot be written \(EACCES\)/)]);
        await chmod(join(dataDir, 'incoming'), 0o700);
      });
    },
  );

  it('name a database that does not answer', async () => {
    const platform = await openEmbedded({ dataDir, clock, role: 'server' });
    await platform.close();
    expect(await platform.faults()).toEqual([expect.stringMatching(/database/)]);
  });
});
