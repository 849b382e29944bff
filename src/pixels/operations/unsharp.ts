import { eachPage, type Raster } from '../raster.ts';
import type { Asked } from './apply.ts';
import { blurred } from './blur.ts';

/**
 * Unsharp mask: adds what a Gaussian blur would take away, all of it at 100; below 0 takes part of it away. Alpha stays.
 */
export async function unsharp(raster: Raster, { amount, radius }: Asked<'unsharp'>): Promise<Raster> {
  if (amount === 0) return raster;
  return eachPage(raster, async (page) => {
    const soft = await blurred(page, radius);
    return { ...page, data: away(page, soft.data, amount / 100) };
  });
}

function away({ data, channels }: Raster, soft: Buffer, share: number): Buffer {
  const made = Buffer.from(data);
  const to = new Uint8ClampedArray(made.buffer, made.byteOffset, made.length);
  for (let at = 0; at < data.length; at += channels) {
    for (let channel = at; channel < at + 3; channel += 1) {
      const value = data[channel] ?? 0;
      to[channel] = value + (value - (soft[channel] ?? 0)) * share;
    }
  }
  return made;
}
