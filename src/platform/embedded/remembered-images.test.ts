import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlledClock, createFakeClock } from '../../images/clock.contract.ts';
import type { ImageRecord, StoredImage } from '../../images/image.ts';
import { anImage, changed } from '../../images/testing/images.ts';
import type { Platform } from '../platform.ts';
import { openEmbedded } from './platform.ts';
import { openTestPlatform, type TestPlatform } from './testing/data-folder.ts';

let clock: ControlledClock;
let server: TestPlatform;
let image: StoredImage;
beforeEach(async () => {
  clock = createFakeClock();
  server = await openTestPlatform(clock);
  ({ stored: image } = await server.catalog.create(anImage(clock.now(), { status: 'ready' })));
});
afterEach(() => server.close());

const delivered = () => server.catalog.readForDelivery(image.record.image_id);
const change = ({ catalog }: Platform, differences: Partial<ImageRecord>) =>
  catalog.replace(image, changed(image, differences), []);

describe('an image that delivery asks for again and again', () => {
  it('is read once, and is the same object from then on', async () => {
    const first = await delivered();
    expect(first).toEqual(image);
    expect(await delivered()).toBe(first);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await delivered()).toBe(first);
  });

  it('is what this process has just made of it', async () => {
    await delivered();
    const after = await change(server, { metadata: { seen: 1 } });
    expect(await delivered()).toEqual(after);
    await server.catalog.replace(after, changed(after, { status: 'erased' }), []);
    expect(await delivered()).toBeUndefined();
  });

  it('ends to the millisecond', async () => {
    await delivered();
    await clock.advance(Date.parse(image.record.expires_at) - clock.now() - 1);
    expect(await delivered()).toEqual(image);
    await clock.advance(1);
    expect(await delivered()).toBeUndefined();
  });

  it('is a moment later what another process has made of it', async () => {
    const other = await openEmbedded({ dataDir: server.dataDir, clock, role: 'tool' });
    await delivered();
    const after = await change(other, { metadata: { seen: 2 } });
    await expect.poll(delivered, { interval: 5, timeout: 1000 }).toEqual(after);
    await other.catalog.replace(after, changed(after, { status: 'erased' }), []);
    await expect.poll(delivered, { interval: 5, timeout: 1000 }).toBeUndefined();
    await other.close();
  });
});
