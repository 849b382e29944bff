import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { TestServer } from '../harness/server.ts';
import { described, fuzz } from './fuzz.ts';

/** `npm run test:fuzz -- --requests 10000 --seed 7`: requests made from the OpenAPI document, against a real server. */
const { values } = parseArgs({
  options: { requests: { type: 'string', default: '10000' }, seed: { type: 'string' } },
});
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
const folder = await mkdtemp(join(tmpdir(), 'darkroom-fuzz-'));
const server = await TestServer.start({ dataDir: folder, env: { DARKROOM_RATE_LIMIT: 'off' } });
try {
  const began = performance.now();
  const report = await fuzz(server, { requests: Number(values.requests), seed });
  const { faults, ...figures } = report;
  const alive = (await fetch(`${server.url}/healthz`)).status === 200;
  process.stdout.write(
    `${JSON.stringify({ seed, ...figures, seconds: Math.round((performance.now() - began) / 1000), alive }, null, 2)}\n`,
  );
  for (const fault of faults) process.stdout.write(`\n${described(fault)}\n`);
  if (faults.length > 0 || !alive) {
    process.stdout.write(
      `\n${faults.length} faults; the server's last words:\n${server.output.slice(-6000)}\n`,
    );
    process.exitCode = 1;
  }
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
