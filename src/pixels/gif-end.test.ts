import { expect, test } from 'vitest';
import { gifOfDots } from '../../test/hostile/gif-bomb.ts';
import { endsProperly } from './gif-end.ts';
import { frames } from './testing/pictures.ts';
import { fileOf } from './testing/plans.ts';

const gif = async () => (await frames(20, 20, ['#ff0000', '#00ff00', '#0000ff'])).gif().toBuffer();

test.each<[boolean, string, () => Promise<Buffer>]>([
  [true, 'whole', gif],
  [true, 'with bytes after its end', async () => Buffer.concat([await gif(), Buffer.from('padding')])],
  [true, 'of many frames', async () => gifOfDots(10, 500)],
  [false, 'without its last byte', async () => (await gif()).subarray(0, -1)],
  [false, 'cut inside a frame', async () => (await gif()).subarray(0, -30)],
  [false, 'cut inside its header', async () => (await gif()).subarray(0, 9)],
  [
    false,
    'with noise in place of a block',
    async () => Buffer.concat([(await gif()).subarray(0, -1), Buffer.from('noise;')]),
  ],
])('%s: a GIF %s', async (expected, _, make) => {
  expect(await endsProperly(await fileOf(await make()))).toBe(expected);
});
