import { crc32, deflateSync } from 'node:zlib';
import { zlibOfOneByte } from './one-byte-stream.ts';

/** Colour types of PNG, 11.2.2. */
const RGB = { type: 2, channels: 3, bytes: 1 };
const RGBA16 = { type: 6, channels: 4, bytes: 2 };
type Colour = typeof RGB;

/** A whole, valid PNG of `side` x `side` black pixels. The attack: some 800 KB inflate to 3 x side^2 bytes. */
export function flatPng(side: number): Buffer {
  return png(header(side, RGB), chunk('IDAT', zlibOfOneByte(0, imageBytes(side, RGB))));
}

/** The attack: 69 bytes whose header claims `side` x `side` pixels of 8 bytes; reserving for them is fatal. */
export function pngClaiming(side: number): Buffer {
  return png(header(side, RGBA16), chunk('IDAT', deflateSync(Buffer.alloc(4))));
}

/** A small good picture with a text chunk. The attack: the text inflates to `bytes`. */
export function pngWithTextBomb(bytes: number): Buffer {
  const text = Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), zlibOfOneByte(0x41, bytes)]);
  return small(chunk('zTXt', text));
}

/** A small good picture with a colour profile. The attack: the profile inflates to `bytes`. */
export function pngWithProfileBomb(bytes: number): Buffer {
  const profile = Buffer.concat([Buffer.from('bomb\0\0', 'latin1'), zlibOfOneByte(0x41, bytes)]);
  return small(chunk('iCCP', profile));
}

function small(extra: Buffer): Buffer {
  const side = 64;
  return png(header(side, RGB), extra, chunk('IDAT', zlibOfOneByte(0, imageBytes(side, RGB))));
}

/** One filter byte before each row. */
function imageBytes(side: number, { channels, bytes }: Colour): number {
  return side * (1 + side * channels * bytes);
}

function png(...chunks: Buffer[]): Buffer {
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([signature, ...chunks, chunk('IEND', Buffer.alloc(0))]);
}

function header(side: number, { type, bytes }: Colour): Buffer {
  const body = Buffer.alloc(13);
  body.writeUInt32BE(side, 0);
  body.writeUInt32BE(side, 4);
  body.set([bytes * 8, type, 0, 0, 0], 8);
  return chunk('IHDR', body);
}

function chunk(name: string, body: Buffer): Buffer {
  const framed = Buffer.alloc(body.length + 12);
  framed.writeUInt32BE(body.length, 0);
  framed.write(name, 4, 'latin1');
  body.copy(framed, 8);
  framed.writeUInt32BE(crc32(framed.subarray(4, body.length + 8)), body.length + 8);
  return framed;
}
