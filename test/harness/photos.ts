import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

/** A file as a sender has it. */
export interface Photo {
  readonly filename: string;
  readonly bytes: Buffer;
  /** lower-case hex */
  readonly sha256: string;
}

export function samplePhoto(name: string): string {
  return fileURLToPath(new URL(`../../samples/${name}`, import.meta.url));
}

/** A real photograph, made so small that hundreds of it are processed in seconds. */
export async function smallJpeg(width: number): Promise<Buffer> {
  return await sharp(samplePhoto('rocket.jpg')).resize(width).jpeg({ quality: 80 }).toBuffer();
}

/** The same picture, but other bytes: a comment with the name stands after the first marker. */
export function namedCopy(jpeg: Buffer, filename: string): Photo {
  const text = Buffer.from(filename);
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, text.length + 2]), text]);
  return photoOf(filename, Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]));
}

/** A picture that its header promises and its end breaks: accepted at the door, rejected by the pipeline. */
export function brokenCopy(jpeg: Buffer, filename: string): Photo {
  const { bytes } = namedCopy(jpeg, filename);
  return photoOf(filename, bytes.subarray(0, Math.floor(bytes.length * 0.6)));
}

function photoOf(filename: string, bytes: Buffer): Photo {
  return { filename, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}
