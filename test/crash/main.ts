import { parseArgs } from 'node:util';
import { crashTrial } from './trial.ts';

/** `npm run test:crash -- --kills 300 --seed 1 [--encryption]`: exit code 0 where no promise was broken. */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '300' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    workers: { type: 'string', default: '6' },
    encryption: { type: 'boolean', default: false },
  },
});
const [kills, seed, workers] = [Number(values.kills), Number(values.seed), Number(values.workers)];
if (![kills, seed, workers].every((value) => Number.isSafeInteger(value) && value > 0)) {
  console.error(
    'usage: npm run test:crash -- [--kills 300] [--seed N] [--workers 6] [--encryption], each number a positive whole number',
  );
  process.exit(2);
}

console.log(`crash test: ${kills} kills, seed ${seed}`);
const started = performance.now();
const outcome = await crashTrial({
  kills,
  seed,
  workers,
  encrypted: values.encryption,
  patienceMs: 300_000,
  onKill: (done) => {
    if (done % 25 === 0) console.log(`  ${done} kills, ${seconds(performance.now() - started)}`);
  },
});

const { restartMs, server, renderer } = outcome.kills;
const slowest = Math.max(0, ...restartMs);
console.log(
  `killed: the server ${server} times, a renderer ${renderer} times; ${seconds(performance.now() - started)}`,
);
console.log(`acknowledged: ${outcome.acknowledged} uploads, and ${outcome.dropped} files in the inbox`);
console.log(`drained in ${seconds(outcome.drainMs)}; slowest restart ${seconds(slowest)}`);
for (const broken of outcome.broken) console.error(`BROKEN  ${broken}`);
console.log(outcome.broken.length === 0 ? 'passed: nothing lost, nothing twice' : 'FAILED');
process.exitCode = outcome.broken.length === 0 ? 0 : 1;

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
