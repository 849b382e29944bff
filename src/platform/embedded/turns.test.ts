import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../images/clock.contract.ts';
import { newImageId } from '../../images/keys.ts';
import { openTestPlatform, type TestPlatform } from './testing/data-folder.ts';

let platform: TestPlatform;
beforeEach(async () => {
  platform = await openTestPlatform(createFakeClock(), 'none');
});
afterEach(() => platform.close());

/** Enough for a second or so: who has not let others in by then never does. */
const OFTEN = 50_000;

describe('a loop that awaits only the database', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['catalog', () => platform.catalog.read('ours', newImageId(0))],
    ['upkeep', () => platform.upkeep.counts()],
    ['events', () => platform.events.undelivered(10)],
    ['queue', () => platform.queue.receive({ max: 1, waitMs: 0, leaseMs: 1_000 })],
    ['partial uploads', () => platform.partialUploads.find('ours', newImageId(0))],
    ['pipelines', () => platform.pipelines.list('ours')],
    ['secrets', () => platform.secrets.getOrCreate('a', () => 'b')],
  ])('lets others in: %s', async (_, ask) => {
    let letIn = false;
    setImmediate(() => {
      letIn = true;
    });
    for (let time = 0; time < OFTEN && !letIn; time += 1) await ask();
    expect(letIn).toBe(true);
  });
});
