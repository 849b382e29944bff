import type { Length } from '../request.ts';
import type { Kind } from './kind.ts';

/** The longest side that is made, pixels. */
export const MAX_SIDE = 8192;

/** Neither exponents, nor hexadecimal, nor a leading plus: what looks odd here was meant for something else. */
const WHOLE = /^-?\d{1,15}$/;
const DECIMAL = /^-?(?:\d{1,15}(?:\.\d{1,20})?|\.\d{1,20})$/;

/** Finer than any pixel, coarse enough that the same share from two calculators has one identity in caches. */
const PLACES = 1e6;

export function whole(from: number, to: number): Kind<number> {
  return {
    range: `a whole number from ${from} to ${to}`,
    read: (text) => within(from, to, WHOLE.test(text) ? Number(text) : undefined),
    write: String,
    mend: mendNumber,
  };
}

/** Decimals allowed, kept to six places. */
export function decimal(from: number, to: number): Kind<number> {
  return {
    range: `a number from ${from} to ${to}`,
    read: (text) => within(from, to, readDecimal(text)),
    write: String,
    mend: mendNumber,
  };
}

export function decimalAboveZero(to: number): Kind<number> {
  return {
    range: `a number above 0, up to ${to}`,
    read: (text) => within(1 / PLACES, to, readDecimal(text)),
    write: String,
    mend: mendNumber,
  };
}

/** Pixels as a whole number, or a share, told apart by the decimal point: 1 is one pixel, 1.0 is all of it. */
export const length: Kind<Length> = {
  range: `a whole number from 1 to ${MAX_SIDE}, or a share up to 1`,
  read: (text) => readLength(text, MAX_SIDE),
  write: writeLength,
  mend: mendNumber,
};

/** @param most pixels */
export function readLength(text: string, most: number): Length | undefined {
  const px = within(1, most, WHOLE.test(text) ? Number(text) : undefined);
  return px === undefined ? readShare(text) : { px };
}

function readShare(text: string): Length | undefined {
  const share = text.includes('.') ? within(1 / PLACES, 1, readDecimal(text)) : undefined;
  return share === undefined ? undefined : { share };
}

export function writeLength(value: Length): string {
  return 'px' in value ? String(value.px) : writeShare(value.share);
}

function writeShare(share: number): string {
  return Number.isInteger(share) ? `${share}.0` : String(share);
}

/** W:H, decimals allowed. The quotient is not rounded: 16:9 of a width has to come out to the pixel. */
export const ratio: Kind<number> = {
  range: `two numbers as width:height, such as 16:9, not more than 1000 times as wide as high or as high as wide`,
  read(text) {
    const [width, height, ...others] = text.split(':').map((side) => (DECIMAL.test(side) ? Number(side) : 0));
    if (!width || !height || others.length > 0) return undefined;
    return width < 0 || height < 0 ? undefined : within(1 / 1000, 1000, width / height);
  },
  write: (value) => `${value}:1`,
};

function readDecimal(text: string): number | undefined {
  // adding 0 makes 0 of -0
  return DECIMAL.test(text) ? Math.round(Number(text) * PLACES) / PLACES + 0 : undefined;
}

function within(from: number, to: number, value: number | undefined): number | undefined {
  return value !== undefined && value >= from && value <= to ? value + 0 : undefined;
}

/** What is odd about a text that was meant as a number. */
export function mendNumber(text: string): string | undefined {
  if (/^-?[\d.]+\s*[a-z%]+$/i.test(text)) return 'Drop the unit.';
  if (/^[+ ][\d.]+$/.test(text)) return 'Leave out the plus sign.';
  if (/^-?[\d.]+e[+ -]?\d+$|^0x[\da-f]+$/i.test(text)) return 'Write it out in decimal digits.';
  return undefined;
}
