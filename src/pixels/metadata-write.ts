import type { Exif, Sharp } from 'sharp';
import { type GpsFields, readExif, readGps } from './exif.ts';
import { readHeader } from './load.ts';
import { positive, text } from './metadata-read.ts';
import { ownProfile } from './own-colours.ts';
import type { Size } from './picture.ts';
import { withProfileIn } from './profile-into.ts';
import type { MetadataGroup, Output, RenderPlan } from './render-plan.ts';
import { withSrgbProfile } from './srgb-profile.ts';

/** The metadata of one source, read once however many outputs want it. */
export interface KeptMetadata {
  /** A pipeline that writes the groups an output names, and nothing else, into its picture. */
  attach(pipeline: Sharp, output: Pick<Output, 'keep' | 'encoding'>): Promise<Sharp>;
  /** The encoded bytes with the profile that `attach` left out. */
  withProfile(bytes: Buffer, output: Pick<Output, 'keep' | 'encoding'>, size: Size): Promise<Buffer>;
}

/**
 * What outputs may carry of their source. sharp drops all metadata by itself; the groups that a plan names are written
 * afresh, field by field, so that nothing slips through: what sharp calls keeping copies positions, serial numbers,
 * maker notes and thumbnails, and the XMP besides.
 */
export function keptMetadata({ path, colours }: RenderPlan['source']): KeptMetadata {
  let own: Promise<Buffer | undefined> | undefined;
  const ownIfAsked = async () => {
    if (colours !== 'own') return undefined;
    own ??= readHeader(path).then(ownProfile);
    return own;
  };
  const read = new Map<string, Promise<Exif>>();
  const exifFor = (groups: readonly MetadataGroup[]) => {
    const key = groups.join();
    const exif = read.get(key) ?? exifOf(path, groups);
    read.set(key, exif);
    return exif;
  };
  return {
    async attach(pipeline, { keep, encoding }) {
      // The others get theirs once they are encoded, which is quicker (srgb-profile.ts).
      const profiled = keep.includes('profile') && encoding.format === 'avif';
      const withProfile = profiled && !(await ownIfAsked()) ? pipeline.withIccProfile('srgb') : pipeline;
      const groups = keep.filter((group) => group !== 'profile');
      if (groups.length === 0 || encoding.format === 'gif') return withProfile;
      const exif = await exifFor(groups);
      return Object.keys(exif).length === 0 ? withProfile : withProfile.withExif(exif);
    },
    async withProfile(bytes, { keep, encoding }, size) {
      const { format } = encoding;
      if (!keep.includes('profile') || format === 'gif' || format === 'avif') return bytes;
      const profile = await ownIfAsked();
      return profile ? withProfileIn(bytes, format, size, profile) : withSrgbProfile(bytes, format, size);
    },
  };
}

async function exifOf(path: string, groups: readonly MetadataGroup[]): Promise<Exif> {
  const header = await readHeader(path);
  const fields = readExif(header.exif);
  const wants = (group: MetadataGroup) => groups.includes(group);
  return withoutEmpty({
    IFD0: {
      ...(wants('copyright') && { Copyright: ascii(fields.Copyright), Artist: ascii(fields.Artist) }),
      ...(wants('description') && { ImageDescription: ascii(fields.ImageDescription) }),
      ...(wants('camera') && { Make: ascii(fields.Make), Model: ascii(fields.Model) }),
    },
    IFD2: {
      ...(wants('taken_at') && {
        DateTimeOriginal: ascii(fields.DateTimeOriginal),
        OffsetTimeOriginal: ascii(fields.OffsetTimeOriginal),
      }),
      ...(wants('camera') && {
        LensModel: ascii(fields.LensModel),
        ExposureTime: rational(fields.ExposureTime),
        FNumber: rational(fields.FNumber),
        ISOSpeedRatings: whole(fields.ISO),
        FocalLength: rational(fields.FocalLength),
        FocalLengthIn35mmFilm: whole(fields.FocalLengthIn35mmFormat),
      }),
    },
    IFD3: wants('gps') ? position(readGps(header.exif)) : {},
  });
}

type Fields = Record<string, string | undefined>;

function position(gps: GpsFields): Fields {
  const latitude = degrees(gps.GPSLatitude);
  const longitude = degrees(gps.GPSLongitude);
  const altitude = rational(gps.GPSAltitude);
  return {
    ...(latitude && { GPSLatitudeRef: text(gps.GPSLatitudeRef) === 'S' ? 'S' : 'N', GPSLatitude: latitude }),
    ...(longitude && {
      GPSLongitudeRef: text(gps.GPSLongitudeRef) === 'W' ? 'W' : 'E',
      GPSLongitude: longitude,
    }),
    ...(altitude && { GPSAltitudeRef: gps.GPSAltitudeRef === 1 ? '1' : '0', GPSAltitude: altitude }),
  };
}

/** Degrees, minutes, seconds as EXIF writes them: three fractions. */
function degrees(value: unknown): string | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined;
  const parts = value.filter((part) => typeof part === 'number' && part >= 0 && part <= 180);
  return parts.length === 3 ? parts.map((part) => `${Math.round(part * 10_000)}/10000`).join(' ') : undefined;
}

/** A fraction exact enough for any exposure: 1/8000 of a second and 8000 mm alike. */
function rational(value: unknown): string | undefined {
  const number = positive(value);
  if (number === undefined || number > 200_000) return undefined;
  return number < 1 ? `10000/${Math.round(10_000 / number)}` : `${Math.round(number * 10_000)}/10000`;
}

function whole(value: unknown): string | undefined {
  const number = positive(value);
  return number === undefined || number > 65_535 ? undefined : String(Math.round(number));
}

/**
 * EXIF text is ASCII, and libvips takes a last pair of brackets for its own remark on the type and drops it: an empty
 * remark of ours keeps the text whole.
 */
function ascii(value: unknown): string | undefined {
  const plain = text(value)
    ?.replaceAll('©', '(C)')
    .replaceAll('®', '(R)')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^ -~]/gu, '?');
  return plain === undefined ? undefined : `${plain} (ascii)`;
}

function withoutEmpty(exif: Record<string, Fields>): Exif {
  const directories = Object.entries(exif).map(
    ([name, fields]) =>
      [
        name,
        Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ] as const,
  );
  return Object.fromEntries(
    directories
      .filter(([, fields]) => fields.length > 0)
      .map(([name, fields]) => [name, Object.fromEntries(fields)]),
  );
}
