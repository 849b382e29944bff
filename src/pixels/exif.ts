import { textOf } from './text-bytes.ts';

/**
 * Reads the EXIF fields that Darkroom knows: bounded in everything, because the block is whatever a stranger sent.
 *
 * By hand, because the libraries believe the counts in the block: 600 bytes that claim millions of values kept exifr
 * 7.1.3 busy for more than a second.
 */

const IFD0 = {
  270: 'ImageDescription',
  271: 'Make',
  272: 'Model',
  315: 'Artist',
  33432: 'Copyright',
  34665: 'ExifPointer',
  34853: 'GpsPointer',
} as const;

const EXIF = {
  33434: 'ExposureTime',
  33437: 'FNumber',
  34855: 'ISO',
  36867: 'DateTimeOriginal',
  36881: 'OffsetTimeOriginal',
  37386: 'FocalLength',
  41989: 'FocalLengthIn35mmFormat',
  42036: 'LensModel',
} as const;

const GPS = {
  1: 'GPSLatitudeRef',
  2: 'GPSLatitude',
  3: 'GPSLongitudeRef',
  4: 'GPSLongitude',
  5: 'GPSAltitudeRef',
  6: 'GPSAltitude',
} as const;

/** Text, a number, or three numbers for an angle. */
export type ExifValue = string | number | readonly number[];
type Fields<Tags extends Record<number, string>> = Readonly<
  Partial<Record<Extract<Tags[keyof Tags], string>, ExifValue>>
>;
export type ExifFields = Omit<Fields<typeof IFD0>, 'ExifPointer' | 'GpsPointer'> & Fields<typeof EXIF>;
export type GpsFields = Fields<typeof GPS>;

/**
 * The known fields of an EXIF block, never its position, serial numbers or maker notes. Values are what the block holds:
 * perhaps nonsense, which the caller has to refuse. A damaged block gives what can be read; this never throws.
 *
 * @param block as sharp's `metadata().exif` has it
 */
export function readExif(block: Uint8Array | undefined): ExifFields {
  const tiff = openTiff(block);
  if (!tiff) return {};
  const { ExifPointer, GpsPointer: _, ...fields } = readDirectory(tiff, tiff.first, IFD0);
  return { ...fields, ...readDirectory(tiff, ExifPointer, EXIF) };
}

/** Where the picture was taken. Only for a pipeline that keeps it by name. */
export function readGps(block: Uint8Array | undefined): GpsFields {
  const tiff = openTiff(block);
  if (!tiff) return {};
  return readDirectory(tiff, readDirectory(tiff, tiff.first, IFD0).GpsPointer, GPS);
}

interface Tiff {
  readonly view: DataView;
  readonly littleEndian: boolean;
  /** where the first directory is */
  readonly first: number;
}

/** TIFF 6.0, section 2. JPEG, WebP and PNG have `Exif\0\0` before it, AVIF may not. */
function openTiff(block: Uint8Array | undefined): Tiff | undefined {
  if (!block) return undefined;
  const heading = [0x45, 0x78, 0x69, 0x66, 0, 0].every((byte, index) => block[index] === byte) ? 6 : 0;
  const bytes = block.subarray(heading);
  if (bytes.length < 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = view.getUint16(0) === 0x4949;
  return { view, littleEndian, first: view.getUint32(4, littleEndian) };
}

/** A camera writes some fifty entries. */
const MAX_ENTRIES = 500;

function readDirectory<Tags extends Record<number, string>>(
  tiff: Tiff,
  offset: ExifValue | undefined,
  tags: Tags,
): Fields<Tags> {
  const { view, littleEndian } = tiff;
  const fields: Record<string, ExifValue> = {};
  if (typeof offset !== 'number' || offset + 2 > view.byteLength) return fields as Fields<Tags>;
  const entries = Math.min(MAX_ENTRIES, view.getUint16(offset, littleEndian));
  for (let index = 0; index < entries; index += 1) {
    const at = offset + 2 + index * 12;
    if (at + 12 > view.byteLength) break;
    const name = tags[view.getUint16(at, littleEndian)];
    const value = name === undefined ? undefined : readValue(tiff, at);
    if (name !== undefined && value !== undefined) fields[name] = value;
  }
  return fields as Fields<Tags>;
}

/** Bytes a value, by TIFF type: byte, text, short, long, fraction, signed fraction, and UTF-8 as of EXIF 3.0. */
const SIZES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 10: 8, 129: 1 };
/** Longer texts are no names; more numbers than three are no measure that is kept. */
const MAX_TEXT = 4096;
const MAX_NUMBERS = 3;

function readValue({ view, littleEndian }: Tiff, at: number): ExifValue | undefined {
  const type = view.getUint16(at + 2, littleEndian);
  const count = view.getUint32(at + 4, littleEndian);
  const size = SIZES[type];
  const isText = type === 2 || type === 129;
  if (!size || count === 0 || count > (isText ? MAX_TEXT : MAX_NUMBERS)) return undefined;
  const from = size * count <= 4 ? at + 8 : view.getUint32(at + 8, littleEndian);
  if (from + size * count > view.byteLength) return undefined;
  if (isText) return untilZero(new Uint8Array(view.buffer, view.byteOffset + from, count));
  const numbers = Array.from({ length: count }, (_, index) =>
    readNumber(view, type, from + index * size, littleEndian),
  );
  return numbers.length === 1 ? numbers[0] : numbers;
}

function readNumber(view: DataView, type: number, at: number, littleEndian: boolean): number {
  if (type === 1) return view.getUint8(at);
  if (type === 3) return view.getUint16(at, littleEndian);
  if (type === 4) return view.getUint32(at, littleEndian);
  if (type === 10) return view.getInt32(at, littleEndian) / view.getInt32(at + 4, littleEndian);
  return view.getUint32(at, littleEndian) / view.getUint32(at + 4, littleEndian);
}

function untilZero(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return textOf(end < 0 ? bytes : bytes.subarray(0, end));
}
