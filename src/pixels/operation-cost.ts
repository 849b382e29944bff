import { areaOf, coverBox, turnedSize } from './geometry.ts';
import { markBox } from './marks/mark-box.ts';
import type { Size } from './picture.ts';
import type { Operation } from './render-plan.ts';
import { type Fill, resolveSizing } from './sizing.ts';

/** What operations do to the memory that a picture takes: for `cost.ts`. */

/** How many channels a picture has after an operation. */
export function channelsAfter(channels: 3 | 4, operation: Operation): 3 | 4 {
  switch (operation.op) {
    case 'rotate':
      return operation.angle % 90 === 0 || isOpaque(operation.background) ? channels : 4;
    case 'canvas':
    case 'pad':
      return isFilledOpaque(operation.fill) ? channels : 4;
    case 'sized':
      return isFilledOpaque(operation.size.fill) ? channels : 4;
    case 'round':
      return 4;
    case 'border':
      return operation.radii?.some((radius) => radius > 0) ? 4 : channels;
    case 'flatten':
      return isOpaque(operation.background) ? 3 : channels;
    default:
      return channels;
  }
}

function isFilledOpaque(fill: Fill): boolean {
  return typeof fill === 'string' || isOpaque(fill.color);
}

/** @param color #rrggbb or #rrggbbaa */
function isOpaque(color: string): boolean {
  return color.length <= 7 || color.endsWith('ff');
}

/** Lines in flight, a grey copy, a small mark: bytes a pixel. */
const USUAL = 3;
/** The file of a mark while it is decoded, bytes. */
const MARK_DECODER = 64 * 2 ** 20;
/** A mark, and faded; turned, which may double its area, and so faded: bytes a pixel of its box. */
const MARK = { upright: 4 + 4, turned: 4 + 8 + 8 } as const;
/** Letters as large as the picture, their shadow, and both of them painted: bytes a pixel. */
const LETTERS = 13;

interface Picture extends Size {
  readonly channels: 3 | 4;
  readonly pages: number;
}

/** What an operation needs besides the picture before it and the one after it, bytes. */
export function scratchBytes(picture: Picture, operation: Operation): number {
  const { channels } = picture;
  const usual = areaOf(picture) * USUAL;
  switch (operation.op) {
    case 'straighten':
      return usual + areaOf(turnedSize(picture, operation.angle)) * channels;
    case 'sized':
      return usual + areaOf(resolveSizing(picture, operation.size).resize) * channels * 2;
    case 'fit':
      return usual + (operation.fit === 'cover' ? coveringBytes(picture, operation) : 0);
    case 'unsharp':
      return usual + areaOf(picture) * channels * 2;
    case 'place':
      return (
        usual +
        MARK_DECODER +
        areaOf(markBox(picture, operation)) * MARK[operation.angle % 360 === 0 ? 'upright' : 'turned']
      );
    case 'flatten':
      return usual + areaOf(picture) * channels;
    case 'write':
      return areaOf(picture) * LETTERS;
    default:
      return usual;
  }
}

/** The picture as it is before most of it is cut off. */
function coveringBytes(picture: Picture, asked: Extract<Operation, { op: 'fit' }>): number {
  return areaOf(coverBox(picture, asked, 'center', asked).scaled) * picture.channels * picture.pages;
}
