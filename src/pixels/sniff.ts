import type { PictureFormat } from './picture.ts';

/** So many bytes from the start of a file are enough for {@link sniffFormat}. */
export const SNIFF_BYTES = 64;

/**
 * The format that a file's first bytes announce, whatever its name or declared type says. Pure; runs anywhere.
 *
 * @param head the first {@link SNIFF_BYTES} bytes, or all of a shorter file
 * @returns undefined for anything that Darkroom does not read: SVG, HTML, PDF, HEIC, text, noise
 */
export function sniffFormat(head: Uint8Array): PictureFormat | undefined {
  for (const [format, ...signatures] of SIGNATURES) {
    if (signatures.some((signature) => startsWith(head, signature))) return format;
  }
  if (startsWith(head, text('RIFF')) && startsWith(head, text('WEBP'), 8)) return 'webp';
  if (startsWith(head, text('ftyp'), 4) && brands(head).some((brand) => AVIF_BRANDS.has(brand)))
    return 'avif';
  return undefined;
}

const SIGNATURES: readonly [PictureFormat, ...Uint8Array[]][] = [
  ['jpeg', Uint8Array.of(0xff, 0xd8, 0xff)],
  ['png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)],
  ['gif', text('GIF87a'), text('GIF89a')],
  // both byte orders, classic and BigTIFF
  ['tiff', text('II*\0'), text('MM\0*'), text('II+\0'), text('MM\0+')],
];

/** Still and sequence. HEIC shares the container but names other brands. */
const AVIF_BRANDS = new Set(['avif', 'avis']);

/** Major and compatible brands of an ISO base media file (ISO/IEC 14496-12, 4.3), as far as the bytes reach. */
function brands(head: Uint8Array): string[] {
  const boxSize = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0);
  const end = Math.min(boxSize, head.length);
  const found = [ascii(head, 8)];
  for (let at = 16; at + 4 <= end; at += 4) found.push(ascii(head, at));
  return found;
}

function startsWith(head: Uint8Array, signature: Uint8Array, at = 0): boolean {
  return head.length >= at + signature.length && signature.every((byte, index) => head[at + index] === byte);
}

function text(characters: string): Uint8Array {
  return Uint8Array.from(characters, (character) => character.charCodeAt(0));
}

function ascii(head: Uint8Array, at: number): string {
  return String.fromCharCode(...head.subarray(at, at + 4));
}
