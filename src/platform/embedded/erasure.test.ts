import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../images/clock.contract.ts';
import type { StoredImage } from '../../images/image.ts';
import { anImage, changed } from '../../images/testing/images.ts';
import { filesWith, openTestPlatform, type TestPlatform } from './testing/data-folder.ts';

const clock = createFakeClock();
const attributes = { contentType: 'image/jpeg' };
let platform: TestPlatform;
beforeEach(async () => {
  platform = await openTestPlatform(clock);
});
afterEach(() => platform.close());

/** An image with the marker everywhere a sender can put it, written a few times over. */
async function addMarked(marker: string, times = 1): Promise<StoredImage> {
  const image = anImage(clock.now(), {
    user_id: marker,
    tags: { [marker]: marker },
    metadata: { text: marker.repeat(times) },
  });
  const declared = { filename: `${marker}.jpg` };
  const { stored } = await platform.catalog.create(
    { ...image, declared },
    { idempotency: { key: marker, requestHash: marker } },
  );
  const metadata = { other: marker.repeat(2 * times) };
  return platform.catalog.replace(stored, changed(stored, { status: 'processing', metadata }), []);
}

async function erase(image: StoredImage): Promise<void> {
  const { declared: _, ...tombstone } = changed(image, {
    status: 'erased',
    user_id: '',
    tags: {},
    metadata: {},
  });
  await platform.catalog.replace(image, tombstone, []);
  await platform.upkeep.markPurged(image.record.tenant_id, image.record.image_id);
}

describe('after erasure', () => {
  it('nothing of an image is readable in any file, at once', async () => {
    const image = await addMarked('mARKer-of-one');
    await addMarked('mARKer-of-another');
    expect(await filesWith(platform.dataDir, 'mARKer-of-one')).not.toEqual([]);
    await erase(image);
    expect(await filesWith(platform.dataDir, 'mARKer-of-one')).toEqual([]);
    expect(await filesWith(platform.dataDir, 'mARKer-of-another')).not.toEqual([]);
  });

  it('nothing of objects and uploads is left', async () => {
    const marker = 'mARKer-in-bytes';
    const body = async function* () {
      yield Buffer.from(marker);
    };
    await platform.objects.put('raw/t/a', body(), { attributes });
    await platform.partialUploads.start({ tenantId: 't', imageId: 'a', length: 100 });
    await platform.partialUploads.append('t', 'a', 0, body());
    expect(await filesWith(platform.dataDir, marker)).toHaveLength(2);
    await platform.objects.delete(['raw/t/a']);
    await platform.partialUploads.remove('t', 'a');
    expect(await filesWith(platform.dataDir, marker)).toEqual([]);
  });

  it('nothing of a thousand images is readable among those that stay', async () => {
    await platform.close();
    platform = await openTestPlatform(clock, 'none');
    const erased: string[] = [];
    const images: StoredImage[] = [];
    for (let number = 0; number < 1_600; number += 1) {
      images.push(await addMarked(`mARKer-${number}-`, number % 30));
      // Coming and going mix: freed places are filled again, pages split and join.
      const [victim] = number % 8 < 5 ? images.splice((number * 7_919) % images.length, 1) : [];
      if (victim === undefined) continue;
      erased.push(victim.record.user_id);
      await erase(victim);
    }
    await vanished(erased);
    expect(erased.length).toBe(1_000);
    expect(await markersIn('darkroom.db')).toEqual(new Set(images.map(({ record }) => record.user_id)));
  });

  it('a reader in another process only puts it off', async () => {
    const reader = new DatabaseSync(join(platform.dataDir, 'darkroom.db'));
    const image = await addMarked('mARKer-of-one');
    reader.exec('BEGIN; SELECT count(*) FROM images');
    await erase(image);
    reader.close();
    await vanished(['mARKer-of-one']);
  });
});

/** The log is emptied at most once a second. */
async function vanished(markers: readonly string[]): Promise<void> {
  const gone = async () => {
    const left = [...(await markersIn('darkroom.db')), ...(await markersIn('darkroom.db-wal'))];
    return left.every((marker) => !markers.includes(marker));
  };
  for (let tries = 0; tries < 100; tries += 1) {
    if (await gone()) return;
    await sleep(200);
  }
  throw new Error('what was erased can still be read');
}

async function markersIn(file: string): Promise<Set<string>> {
  const content = await readFile(join(platform.dataDir, file), 'latin1').catch(() => '');
  return new Set(content.match(/mARKer-(of-one|\d+-)/g));
}
