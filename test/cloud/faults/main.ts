import { parseArgs } from 'node:util';
import { ways } from './history.ts';
import { faultTrial } from './trial.ts';

/** `npm run test:faults -- --images 2000 --kills 100 --seed 1`: exit code 0 where no promise was broken. */
const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '2000' },
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [images, kills, seed] = [Number(values.images), Number(values.kills), Number(values.seed)];
if (![images, kills, seed].every((value) => Number.isSafeInteger(value) && value > 0)) {
  console.error(
    'usage: npm run test:faults -- [--images 2000] [--kills 100] [--seed N], each number a positive whole number',
  );
  process.exit(2);
}

const started = performance.now();
console.log(`faults: ${images} images, ${kills} kills, seed ${seed}`);
const log = (line: string) => console.log(`  ${seconds(performance.now() - started)}  ${line}`);
const { faults, history, drainMs, mended, broken } = await faultTrial({
  ...{ images, kills, seed, log },
  patienceMs: 600_000,
});

const acknowledged = [...history.acknowledged.values()];
const byWay = ways.map((way) => `${acknowledged.filter((one) => one.way === way).length} by ${way}`);
console.log(
  `workers killed ${faults.kills} times; slowest restart ${seconds(faults.slowestRestartMs)}, ${faults.failedStarts} starts in vain`,
);
console.log(`acknowledged: ${byWay.join(', ')}; begun: ${history.attempted.size}`);
for (const [answer, count] of history.answers) console.log(`answered ${count} times: ${answer}`);
console.log(
  `drained ${seconds(drainMs)} after the last fault; all in ${seconds(performance.now() - started)}`,
);
console.log(`reconcile mended ${mended.length}`);
for (const line of mended) console.log(`  ${line}`);
for (const line of broken) console.error(`BROKEN  ${line}`);
console.log(broken.length === 0 ? 'passed: nothing lost, nothing twice, nothing left behind' : 'FAILED');
process.exitCode = broken.length === 0 ? 0 : 1;

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
