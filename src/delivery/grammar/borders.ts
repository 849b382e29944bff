import type { Color } from '../request.ts';
import { readColor, writeColor } from './colors.ts';
import { type Kind, readEach } from './kind.ts';
import { MAX_SIDE, mendNumber, whole } from './numbers.ts';

const pixels = whole(0, MAX_SIDE);

export interface Border {
  /** pixels */
  readonly size: number;
  readonly color: Color;
}

export const border: Kind<Border> = {
  range: `a size in whole pixels from 0 to ${MAX_SIDE} and a colour, by comma, such as 8,crimson`,
  read(text) {
    const [first = '', second = '', ...others] = text.split(',').map((element) => element.trim());
    const size = pixels.read(first);
    const color = readColor(second);
    return size === undefined || color === undefined || others.length > 0 ? undefined : { size, color };
  },
  write: ({ size, color }) => `${size},${writeColor(color)}`,
  mend: (text) => mendNumber(text.split(',')[0] ?? ''),
};

/** pixels: top-left, top-right, bottom-right, bottom-left */
type Radii = readonly [number, number, number, number];

/** One for all corners, or four. */
export const radii: Kind<Radii> = {
  range: `one or four whole numbers from 0 to ${MAX_SIDE}, by comma`,
  read(text) {
    const [topLeft, topRight, bottomRight, bottomLeft, ...others] = readEach(text, pixels.read) ?? [];
    if (topLeft === undefined || others.length > 0) return undefined;
    if (topRight === undefined) return [topLeft, topLeft, topLeft, topLeft];
    if (bottomRight === undefined || bottomLeft === undefined) return undefined;
    return [topLeft, topRight, bottomRight, bottomLeft];
  },
  write: (value) => (new Set(value).size === 1 ? String(value[0]) : value.join(',')),
  mend: (text) => text.split(',').map(mendNumber).find(Boolean),
};
