import type { Metadata } from 'sharp';
import { type ExifFields, readExif } from './exif.ts';
import { readIptc } from './iptc.ts';
import { readXmpRights } from './xmp.ts';

/**
 * What the record keeps of a file's metadata: camera, lens, exposure, time, author, rights, description and the
 * orientation the pixels had. Never a position, serial number, maker note or thumbnail. Texts are cut to a sane length
 * and cleaned of control characters; numbers are finite.
 *
 * EXIF has the first word, then IPTC, then XMP.
 */
export function readMetadata(header: Metadata): Readonly<Record<string, unknown>> {
  const exif = readExif(header.exif);
  const iptc = readIptc(header.iptc);
  const xmp = readXmpRights(header.xmp);
  return present({
    camera_make: text(exif.Make),
    camera_model: text(exif.Model),
    lens: text(exif.LensModel),
    taken_at: takenAt(exif),
    exposure_seconds: positive(exif.ExposureTime),
    f_number: positive(exif.FNumber),
    iso: positive(exif.ISO),
    focal_length_mm: positive(exif.FocalLength),
    focal_length_35mm: positive(exif.FocalLengthIn35mmFormat),
    copyright: text(exif.Copyright) ?? text(iptc.copyright) ?? text(xmp.copyright),
    artist: text(exif.Artist) ?? text(iptc.artist) ?? text(xmp.artist),
    description: text(exif.ImageDescription) ?? text(iptc.description),
    orientation_before: header.orientation,
  });
}

/** characters: more is no name, and descriptions are for reading */
const MAX_TEXT = 500;

/** A text that is one, or nothing. */
export function text(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const clean = value.replaceAll(/[\p{Cc}\p{Cs}\s]+/gu, ' ').trim();
  return clean === '' ? undefined : clean.slice(0, MAX_TEXT).toWellFormed();
}

/** Rounded to what a camera can mean. ISO may come as a list, whose first value counts. */
export function positive(value: unknown): number | undefined {
  const number = Array.isArray(value) ? value[0] : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number <= 0 || number > 1e9) return undefined;
  return Number(number.toPrecision(6));
}

/**
 * ISO 8601, with the zone where the camera knew it; without one it is the camera's own clock.
 * EXIF writes `2024:05:01 12:30:00` and, apart, `+02:00`.
 */
function takenAt({ DateTimeOriginal, OffsetTimeOriginal }: ExifFields): string | undefined {
  const match = /^(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(text(DateTimeOriginal) ?? '');
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  // 0000:00:00 and the like are what cameras write that were never set
  if (Number.isNaN(Date.parse(`${local}Z`)) || year === '0000') return undefined;
  const zone = text(OffsetTimeOriginal) ?? '';
  return /^[+-]\d\d:\d\d$/.test(zone) ? local + zone : local;
}

function present(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
