import { expect, it } from 'vitest';
import { extent } from '../harness/extent.ts';
import { crashTrial } from './trial.ts';

// The longest run is `npm run test:crash`.
it('loses nothing and does nothing twice, killed at any moment', { timeout: 120_000 }, async () => {
  const kills = extent({ short: 3, long: 12 });
  const outcome = await crashTrial({ kills, seed: 7, workers: 3, patienceMs: 60_000 });
  expect(outcome.broken).toEqual([]);
  expect(outcome.acknowledged).toBeGreaterThan(kills);
});
