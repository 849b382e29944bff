import { fileURLToPath } from 'node:url';
import sharp, { type Sharp } from 'sharp';

/** Real photographs (see samples/SOURCES.md) and pictures made from them, for the tests of this room. */

export type SampleName =
  | 'astronaut.png'
  | 'chelsea.png'
  | 'coffee.png'
  | 'hubble_deep_field.jpg'
  | 'rocket.jpg';

export function samplePath(name: SampleName): string {
  return fileURLToPath(new URL(`../../../samples/${name}`, import.meta.url));
}

/** Raw pixels, three or four bytes each. */
export interface Pixels {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** What a file or buffer looks like once decoded by plain sharp, first page only. */
export async function pixelsOf(source: string | Buffer): Promise<Pixels> {
  const { data, info } = await sharp(source).raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}

/** A photograph at 90 x 60: no side, half or corner is like another. */
export function smallPhoto(): Promise<Pixels> {
  return rawOf(sharp(samplePath('chelsea.png')).resize(90, 60));
}

export async function rawOf(pipeline: Sharp): Promise<Pixels> {
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}

/** A pipeline over raw pixels, to be encoded. */
export function asPipeline({ data, width, height, channels }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels: channels as 3 | 4 } });
}

/** One colour all over. */
export function plain(width: number, height: number, background: string, channels: 3 | 4 = 3): Sharp {
  return sharp({ create: { width, height, channels, background } });
}

/** Frames of one colour each, as a pipeline that an animated format can be written from. */
export async function frames(width: number, height: number, colours: readonly string[]): Promise<Sharp> {
  const pages = await Promise.all(colours.map((colour) => plain(width, height, colour).raw().toBuffer()));
  return sharp(Buffer.concat(pages), {
    raw: { width, height: height * colours.length, channels: 3, pageHeight: height },
    animated: true,
  });
}
