import type { Length, SourceRequest } from '../request.ts';
import type { Kind } from './kind.ts';
import { mendNumber, readLength, writeLength } from './numbers.ts';

type Rect = NonNullable<SourceRequest['rect']>;

/** Longest side of a source, pixels: JPEG's, and more than any other accepted. */
const MOST = 65_535;

/** Lengths of nothing are written in pixels, all of a side as `full`: one picture, one identity. */
export const rect: Kind<Rect | 'everything'> = {
  range: `four of x,y,w,h: x in pixels, as a share or left, center, right; y in pixels, as a share or top, middle, bottom; w and h in pixels, as a share or full`,
  read(text) {
    const [x = '', y = '', w = '', h = '', ...others] = text.split(',').map((element) => element.trim());
    const left = columns.get(x) ?? readOffset(x);
    const top = rows.get(y) ?? readOffset(y);
    const width = readExtent(w);
    const height = readExtent(h);
    if (!left || !top || !width || !height || others.length > 0) return undefined;
    const isEverything = isNothing(left) && isNothing(top) && width === 'full' && height === 'full';
    return isEverything ? 'everything' : { x: left, y: top, width, height };
  },
  write(value) {
    if (value === 'everything') return '0,0,full,full';
    return [value.x, value.y, value.width, value.height].map(writeElement).join(',');
  },
  mend: (text) =>
    text.split(',').length === 4
      ? text.split(',').map(mendNumber).find(Boolean)
      : `It has ${text.split(',').length} parts.`,
};

const columns: ReadonlyMap<string, Rect['x']> = new Map<string, Rect['x']>([
  ['left', { px: 0 }],
  ['center', 'center'],
  ['right', 'right'],
]);
const rows: ReadonlyMap<string, Rect['y']> = new Map<string, Rect['y']>([
  ['top', { px: 0 }],
  ['middle', 'middle'],
  ['bottom', 'bottom'],
]);

function readOffset(text: string): Length | undefined {
  return /^0{1,15}(?:\.0{1,20})?$/.test(text) ? { px: 0 } : readLength(text, MOST);
}

function readExtent(text: string): Length | 'full' | undefined {
  const length = text === 'full' ? text : readLength(text, MOST);
  return typeof length === 'object' && 'share' in length && length.share === 1 ? 'full' : length;
}

function isNothing(offset: Length | string): boolean {
  return typeof offset === 'object' && 'px' in offset && offset.px === 0;
}

function writeElement(value: Length | string): string {
  return typeof value === 'string' ? value : writeLength(value);
}
