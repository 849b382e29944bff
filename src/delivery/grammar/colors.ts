import { didYouMean } from '../../did-you-mean.ts';
import type { Color } from '../request.ts';
import { colorNames } from './color-names.ts';
import { type Kind, readEach } from './kind.ts';

/**
 * Hexadecimal or a name of CSS. Of 4 and 8 digits the first are the opacity, as imgix has it and CSS has not:
 * 80ff0000 is red, half transparent. Values are #rrggbb, or #rrggbbaa where they are not opaque.
 */
export const color: Kind<Color> = {
  range: 'a colour: 3, 6, 4 or 8 hexadecimal digits (rgb, rrggbb, argb, aarrggbb) or a name of CSS',
  read: readColor,
  write: writeColor,
  mend: mendColor,
};

/** Two colours by comma. */
export const colorPair: Kind<readonly [Color, Color]> = {
  range: 'two colours by comma, such as 000080,fa8072',
  read(text) {
    const [first, second, ...others] = readEach(text, readColor) ?? [];
    return first && second && others.length === 0 ? [first, second] : undefined;
  },
  write: ([first, second]) => `${writeColor(first)},${writeColor(second)}`,
  mend: (text) => text.split(',').map(mendColor).find(Boolean),
};

export function readColor(text: string): Color | undefined {
  const lower = text.toLowerCase();
  if (lower === 'transparent') return '#00000000';
  const hex = colorNames.get(lower) ?? (HEX.test(lower) ? spelledOut(lower) : undefined);
  if (hex === undefined) return undefined;
  const alpha = hex.length === 8 ? hex.slice(0, 2) : 'ff';
  return `#${hex.slice(-6)}${alpha === 'ff' ? '' : alpha}`;
}

const HEX = /^(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/;

function spelledOut(hex: string): string {
  return hex.length > 4 ? hex : [...hex].map((digit) => digit + digit).join('');
}

export function writeColor(value: Color): string {
  const [rgb, alpha] = [value.slice(1, 7), value.slice(7)];
  return alpha + rgb;
}

function mendColor(text: string): string | undefined {
  if (text.startsWith('#')) return 'Leave out the #.';
  if (/\d/.test(text) || readColor(text.trim()) !== undefined) return undefined;
  const name = didYouMean(text.trim(), colorNames.keys());
  return name === undefined ? undefined : `Did you mean ${name}?`;
}
