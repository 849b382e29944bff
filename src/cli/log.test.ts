import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const LOG = fileURLToPath(new URL('./log.ts', import.meta.url));

/** Runs a script that has a log; what it has written when `until` is there, or at its end. */
async function written(script: string, until?: string): Promise<string[]> {
  const code = `import { createLog } from ${JSON.stringify(LOG)}; const log = createLog('info'); ${script}`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += chunk;
    if (until !== undefined && text.includes(until)) child.kill('SIGKILL');
  });
  await once(child, 'close');
  const lines = text.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
}

const WAIT = 'setTimeout(() => {}, 60_000);';

describe('the log of a server', () => {
  it.each([
    ['ends', "log.info('one'); log.debug('none'); log.info('two');", ['one', 'two']],
    ['is told to end', "log.info('one'); process.exit(1);", ['one']],
    ['fails', "log.info('one'); throw new Error('out');", ['one']],
  ])('is complete when the process %s', async (_name, script, lines) => {
    expect(await written(script)).toEqual(lines);
  });

  it('tells at once what somebody should look at, and what led to it', async () => {
    const script = `log.info('before'); log.warn('look'); ${WAIT} for (;;);`;
    expect(await written(script, 'look')).toEqual(['before', 'look']);
  });

  it('tells many such things together, the last of them too', async () => {
    const script = `for (let n = 0; n < 500; n++) log.warn('look ' + n); ${WAIT}`;
    expect(await written(script, 'look 499')).toHaveLength(500);
  });

  it('tells everyday things a little later', async () => {
    expect(await written(`log.info('everyday'); ${WAIT}`, 'everyday')).toEqual(['everyday']);
  });
});
