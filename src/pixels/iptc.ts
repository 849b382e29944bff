import { textOf } from './text-bytes.ts';

/** The IPTC-IIM datasets that Darkroom reads, as `record 2` numbers (IIM 4.2, chapter 6). */
const DATASETS = { artist: 80, copyright: 116, description: 120 } as const;

export type IptcFields = Partial<Record<keyof typeof DATASETS, string>>;

/**
 * Artist, copyright and description from an IPTC block, or from the Photoshop resources that a JPEG wraps it in. Damaged
 * blocks give what stands before the damage.
 */
export function readIptc(block: Uint8Array | undefined): IptcFields {
  const fields: IptcFields = {};
  if (!block) return fields;
  for (let at = firstDataset(block); isDataset(block, at); ) {
    const length = ((block[at + 3] ?? 0) << 8) | (block[at + 4] ?? 0);
    const end = at + 5 + length;
    // from 32,768 on the length would be that of the length field: nothing we keep is so long
    if (length > 0x7fff || end > block.length) break;
    const name = NAMES.get(block[at + 2] ?? 0);
    if (name && block[at + 1] === 2) fields[name] ??= textOf(block.subarray(at + 5, end));
    at = end;
  }
  return fields;
}

const NAMES = new Map(
  Object.entries(DATASETS).map(([name, number]) => [number as number, name as keyof typeof DATASETS]),
);

function isDataset(block: Uint8Array, at: number): boolean {
  return at >= 0 && block[at] === 0x1c && at + 5 <= block.length;
}

/** 1C 02 or 1C 01 opens the first dataset of a record. */
function firstDataset(block: Uint8Array): number {
  for (let at = block.indexOf(0x1c); at >= 0; at = block.indexOf(0x1c, at + 1)) {
    if (block[at + 1] === 1 || block[at + 1] === 2) return at;
  }
  return -1;
}
