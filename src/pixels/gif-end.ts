import { readFile } from 'node:fs/promises';

/**
 * Whether a GIF goes on to its trailer. libvips leaves out frames that are not whole, without an error, so an
 * animation that was cut short would pass for a shorter one.
 *
 * Walks the blocks (GIF89a, 15 to 27) without unpacking any; whatever stands after the trailer does not matter.
 */
export async function endsProperly(path: string): Promise<boolean> {
  const bytes = await readFile(path);
  let at = 13 + colourTableBytes(bytes[10]);
  while (at < bytes.length) {
    const introducer = bytes[at];
    if (introducer === TRAILER) return true;
    if (introducer === EXTENSION) at = afterSubBlocks(bytes, at + 2);
    else if (introducer === IMAGE) at = afterSubBlocks(bytes, at + 11 + colourTableBytes(bytes[at + 9]));
    else return false;
  }
  return false;
}

const TRAILER = 0x3b;
const EXTENSION = 0x21;
const IMAGE = 0x2c;

/** The packed byte of a screen or image descriptor says whether a colour table follows, and how long it is. */
function colourTableBytes(packed = 0): number {
  return packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0;
}

function afterSubBlocks(bytes: Uint8Array, start: number): number {
  let at = start;
  for (let size = bytes[at]; size; size = bytes[at]) at += size + 1;
  return at + 1;
}
