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
  return photoOf(filename, withComments(jpeg, [Buffer.from(filename)]));
}

/** The same picture with some 64 KB of comments, so many times: much to keep and nothing to render. */
export function heavyCopy(jpeg: Buffer, filename: string, times: number): Photo {
  const filling = Array.from({ length: times }, () => Buffer.alloc(LONGEST_COMMENT, filename));
  return photoOf(filename, withComments(jpeg, filling));
}

const LONGEST_COMMENT = 65_533;

function withComments(jpeg: Buffer, comments: readonly Buffer[]): Buffer {
  const segments = comments.map((comment) => {
    const head = Buffer.from([0xff, 0xfe, 0, 0]);
    head.writeUInt16BE(comment.length + 2, 2);
    return Buffer.concat([head, comment]);
  });
  return Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
}

/** A picture that its header promises and its end breaks: accepted at the door, rejected by the pipeline. */
export function brokenCopy(jpeg: Buffer, filename: string): Photo {
  const { bytes } = namedCopy(jpeg, filename);
  return photoOf(filename, bytes.subarray(0, Math.floor(bytes.length * 0.6)));
}

function photoOf(filename: string, bytes: Buffer): Photo {
  return { filename, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}
