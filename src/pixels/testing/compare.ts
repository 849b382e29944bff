import sharp from 'sharp';
import type { Pixels } from './pictures.ts';

/**
 * How far two pictures are apart to the eye: the mean absolute difference of all channels at 64 x 64 pixels over white,
 * 0 (the same) to 255. Two decodes of a photograph differ by less than 1, two qualities of a JPEG by less than 2.
 */
export async function distance(a: string | Buffer, b: string | Buffer): Promise<number> {
  const [first, second] = await Promise.all([miniature(a), miniature(b)]);
  return meanDifference(first, second);
}

async function miniature(source: string | Buffer): Promise<Buffer> {
  // in two steps, because sharp would shrink on load, each format in its own way
  const whole = await sharp(source)
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .removeAlpha()
    .png()
    .toBuffer();
  return sharp(whole).resize(64, 64, { fit: 'fill' }).raw().toBuffer();
}

/** Mean absolute difference of two buffers of the same length. */
export function meanDifference(a: Buffer, b: Buffer): number {
  if (a.length !== b.length)
    throw new Error(`pictures of ${a.length} and ${b.length} bytes cannot be compared`);
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += Math.abs((a[at] ?? 0) - (b[at] ?? 0));
  return sum / a.length;
}

/** Largest difference of two buffers of the same length. */
export function largestDifference(a: Buffer, b: Buffer): number {
  let largest = 0;
  for (let at = 0; at < a.length; at += 1) largest = Math.max(largest, Math.abs((a[at] ?? 0) - (b[at] ?? 0)));
  return largest;
}

/** The channels of one pixel. */
export function pixelAt({ data, width, channels }: Pixels, x: number, y: number): number[] {
  const at = (y * width + x) * channels;
  return [...data.subarray(at, at + channels)];
}

/** From the darkest to the brightest value. */
export function rangeOf({ data }: Pixels): number {
  let [least, most] = [255, 0];
  for (const value of data) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return most - least;
}
