import { expect, it } from 'vitest';
import { crashTrial } from './trial.ts';

// The long run is `npm run test:crash`.
it('loses nothing and does nothing twice, killed at any moment', { timeout: 120_000 }, async () => {
  const outcome = await crashTrial({ kills: 8, seed: 7, workers: 3, patienceMs: 60_000 });
  expect(outcome.broken).toEqual([]);
  expect(outcome.acknowledged).toBeGreaterThan(10);
});
