import type { Size } from './picture.ts';

/**
 * The size that the header of a WebP file claims, in pixels. libvips allocates the whole picture before it has told
 * anybody how large it is (libvips 8.18, `vips_foreign_load_webp_header`): 38 bytes that claim 16300 x 16300 pixels
 * cost a gigabyte when only their header is asked for. So this is looked at first.
 *
 * @param head the first 30 bytes at least, RFC 9649 sections 2.5 to 2.7
 * @returns undefined where the header is none that is known: libvips finds the words for that
 */
export function webpSize(head: Uint8Array): Size | undefined {
  if (head.length < 30) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return layouts[new TextDecoder('latin1').decode(head.subarray(12, 16))]?.(view);
}

const BITS_14 = 0x3fff;
const BITS_24 = 0xffffff;

/** By the name of the first chunk, whose content begins at byte 20. */
const layouts: Readonly<Record<string, (view: DataView) => Size>> = {
  // lossy: a frame tag of 3 bytes and a start code of 3, then two 16-bit numbers whose upper 2 bits are a scale
  'VP8 ': (view) => ({
    width: view.getUint16(26, true) & BITS_14,
    height: view.getUint16(28, true) & BITS_14,
  }),
  // lossless: a signature byte, then two 14-bit numbers
  VP8L: (view) => {
    const bits = view.getUint32(21, true);
    return { width: (bits & BITS_14) + 1, height: ((bits >>> 14) & BITS_14) + 1 };
  },
  // extended: 4 bytes of flags, then two 24-bit numbers for the canvas
  VP8X: (view) => ({
    width: (view.getUint32(24, true) & BITS_24) + 1,
    height: (view.getUint32(26, true) >>> 8) + 1,
  }),
};
