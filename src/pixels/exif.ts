import exifr from 'exifr';

/** The EXIF fields that Darkroom knows, by EXIF's own names. Serial numbers and maker notes are not among them. */
const IFD0 = ['ImageDescription', 'Make', 'Model', 'Artist', 'Copyright'] as const;
const EXIF = [
  'DateTimeOriginal',
  'OffsetTimeOriginal',
  'ExposureTime',
  'FNumber',
  'ISO',
  'FocalLength',
  'FocalLengthIn35mmFormat',
  'LensModel',
] as const;
const GPS = [
  'GPSLatitudeRef',
  'GPSLatitude',
  'GPSLongitudeRef',
  'GPSLongitude',
  'GPSAltitudeRef',
  'GPSAltitude',
] as const;

export type ExifField = (typeof IFD0)[number] | (typeof EXIF)[number];
export type ExifFields = Readonly<Partial<Record<ExifField, unknown>>>;
export type GpsFields = Readonly<Partial<Record<(typeof GPS)[number], unknown>>>;

/** More is no EXIF of a camera: a JPEG cannot hold it, and reading it would cost time for nothing. */
const MAX_BYTES = 1_000_000;

/**
 * The known fields of an EXIF block, never its position. Values are whatever the file holds: text, numbers, or nonsense
 * that the caller has to refuse. A damaged or hostile block gives what could be read, or nothing; it never throws.
 *
 * @param block as sharp's `metadata().exif` has it
 */
export async function readExif(block: Uint8Array | undefined): Promise<ExifFields> {
  const { ifd0, exif } = await parse(block, {
    ifd0: { pick: [...IFD0] },
    exif: { pick: [...EXIF] },
    gps: false,
  });
  return { ...ifd0, ...exif };
}

/** Where the picture was taken. Only for a pipeline that keeps it by name. */
export async function readGps(block: Uint8Array | undefined): Promise<GpsFields> {
  // exifr finds the position only on its way through the first directory
  const { gps } = await parse(block, { ifd0: { pick: ['Make'] }, exif: false, gps: { pick: [...GPS] } });
  return { ...gps };
}

async function parse(
  block: Uint8Array | undefined,
  blocks: object,
): Promise<{ ifd0?: object; exif?: object; gps?: object }> {
  if (!block || block.length > MAX_BYTES) return {};
  const options = { ...blocks, mergeOutput: false, translateValues: false, reviveValues: false };
  try {
    return (await exifr.parse(withoutHeading(block), options)) ?? {};
  } catch {
    return {};
  }
}

/** exifr wants the TIFF structure itself; JPEG, WebP and PNG have `Exif\0\0` before it, AVIF may not. */
function withoutHeading(block: Uint8Array): Uint8Array {
  const heading = [0x45, 0x78, 0x69, 0x66, 0, 0];
  return heading.every((byte, index) => block[index] === byte) ? block.subarray(heading.length) : block;
}
