import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { concurrently } from '../harness/concurrently.ts';
import { namedCopy, samplePhoto } from '../harness/photos.ts';
import { TestServer } from '../harness/server.ts';
import { hostileFiles } from './bombs.ts';
import { outcomeOf, sendDirectly, settled } from './outcome.ts';
import { tracesIn } from './traces.ts';
import { percentile, type Wellness, watch } from './watch.ts';

const files = await hostileFiles();
const MEGABYTE = 1_000_000;

let folder: string;
let server: TestServer;
const dataDir = () => join(folder, 'data');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-hostile-'));
  server = await TestServer.start({ dataDir: dataDir(), env: { DARKROOM_RENDERERS: '2' } });
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('hostile files', () => {
  const outcomes = new Map<string, string>();
  let wellness: Wellness;
  let idleMs: number;
  const besideMs: number[] = [];

  beforeAll(async () => {
    const photo = await readFile(samplePhoto('hubble_deep_field.jpg'));
    await timeOfPhoto(photo, 'warm-up.jpg');
    idleMs = await timeOfPhoto(photo, 'idle.jpg');
    const watching = watch(server);
    let isOver = false;
    const beside = (async () => {
      for (let count = 1; !isOver; count += 1) besideMs.push(await timeOfPhoto(photo, `beside-${count}.jpg`));
    })();
    await concurrently(files, 6, async ({ name, bytes, claimedType }) => {
      const file = { name, bytes, ...(claimedType ? { type: claimedType } : {}) };
      outcomes.set(name, await outcomeOf(() => sendDirectly(server, file), server));
    });
    isOver = true;
    await beside;
    wellness = await watching.stop();
  }, 120_000);

  it.each(files)('$name ($attack) ends as $outcome', ({ name, outcome }) => {
    expect(outcomes.get(name)).toBe(outcome);
  });

  it('do not hurt the service', () => {
    const { healthMs, mainRss, rendererRss } = wellness;
    const p99 = percentile(healthMs, 0.99);
    const besideMedian = percentile(
      besideMs.toSorted((one, other) => one - other),
      0.5,
    );
    console.log(
      `beside ${files.length} hostile files: health p50 ${percentile(healthMs, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms; ` +
        `a good photo ${besideMedian.toFixed(0)} ms (alone ${idleMs.toFixed(0)} ms); ` +
        `memory: main ${megabytes(mainRss)}, largest renderer ${megabytes(rendererRss)}`,
    );
    // What the machine itself does meanwhile is no concern of this test: the bounds are wide.
    expect(p99).toBeLessThan(1_000);
    expect(besideMs.length).toBeGreaterThan(0);
    expect(rendererRss).toBeLessThan(700 * MEGABYTE);
  });

  it('leave nothing behind', async () => {
    expect(await tracesIn(dataDir())).toEqual([]);
  });

  async function timeOfPhoto(photo: Buffer, name: string): Promise<number> {
    const started = performance.now();
    const { bytes } = namedCopy(photo, name);
    const { image_id: imageId } = await sendDirectly(server, { name, bytes });
    const image = await settled(server, imageId);
    expect(image.status).toBe('ready');
    return performance.now() - started;
  }
});

function megabytes(bytes: number): string {
  return `${Math.round(bytes / MEGABYTE)} MB`;
}
