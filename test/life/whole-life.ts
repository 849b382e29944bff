import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, it, onTestFailed } from 'vitest';
import { namedCopy, smallJpeg } from '../harness/photos.ts';
import { ends } from './cases/ends.ts';
import { failures } from './cases/failures.ts';
import { notices } from './cases/notices.ts';
import { reading } from './cases/reading.ts';
import { trail } from './cases/trail.ts';
import { waysIn } from './cases/ways-in.ts';
import { Client } from './client.ts';
import { coverageTable, keepCoverage, type Verdict } from './coverage.ts';
import { type Life, PHOTO_WIDTH, SETTINGS } from './life-case.ts';
import type { Platform } from './target.ts';

export const lifeCases = [...waysIn, ...reading, ...notices, ...ends, ...trail, ...failures];

/** Runs every case against one running target, which is asked only as its users ask it. */
export function wholeLife(platform: Platform): void {
  const verdicts = new Map<string, Verdict>(lifeCases.map(({ name }) => [name, 'not run']));
  let life: Life;

  beforeAll(async () => {
    const [target, jpeg] = await Promise.all([
      platform.start({ settings: SETTINGS }),
      smallJpeg(PHOTO_WIDTH),
    ]);
    const word = () => randomUUID().slice(0, 8);
    const photo = (name: string) => namedCopy(jpeg, `${name}-${word()}.jpg`);
    life = { target, client: new Client(target), photo, word };
  }, 180_000);

  afterAll(async () => {
    // A run of some cases says nothing about the others.
    if (![...verdicts.values()].includes('not run')) {
      keepCoverage(platform.name, verdicts);
      process.stdout.write(coverageTable());
    }
    const exits = (await life?.target.stop()) ?? [];
    if (exits.some((exit) => exit !== 0)) throw new Error(`processes ended with ${exits.join(', ')}`);
  }, 120_000);

  for (const { name, needs, run } of lifeCases) {
    it(name, { timeout: 150_000 }, async (context) => {
      if (needs !== undefined && life.target.capabilities[needs] === undefined) {
        verdicts.set(name, `no ${needs}`);
        context.skip(`${platform.name} has no ${needs}`);
      }
      verdicts.set(name, 'failed');
      onTestFailed(() => {
        process.stderr.write(`${life.target.output().split('\n').slice(-15).join('\n')}\n`);
      });
      await run(life);
      verdicts.set(name, 'seen');
    });
  }
}
