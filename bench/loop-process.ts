/**
 * One process of a bare loop: takes photographs from its parent one by one and makes the default pipeline's
 * outputs, with no service around it. The way of making them is the process's first argument.
 */
import { mkdir, rm } from 'node:fs/promises';
import { loops } from './loops.ts';

const [way = '', folder = ''] = process.argv.slice(2);
const make = loops[way];
if (!make) throw new Error(`no such loop: ${way}`);

let count = 0;
process.on('message', async (photo: string) => {
  const outDir = `${folder}/${process.pid}-${count++}`;
  await mkdir(outDir, { recursive: true });
  await make(photo, outDir);
  await rm(outDir, { recursive: true });
  process.send?.('done');
});
process.send?.('done');
