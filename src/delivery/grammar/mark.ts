import type { MarkRequest } from '../request.ts';
import { align, BOTTOM_RIGHT, isBottomRight } from './align.ts';
import { defined } from './defined.ts';
import { imageReference } from './image-reference.ts';
import { decimal, length, MAX_SIDE, whole } from './numbers.ts';
import { type Given, parameter } from './parameter.ts';
import { oneOf } from './words.ts';

export const markParameters = {
  mark: parameter({
    group: 'Watermark',
    syntax: '{image}',
    kind: imageReference,
    meaning:
      'A watermark: the id of an image of the same tenant, or its path as delivery takes it. No URL is ever fetched.',
    example: { query: 'w=240&mark={image_id}' },
  }),
  'mark-align': parameter({
    group: 'Watermark',
    syntax: '{vertical},{horizontal}',
    kind: align,
    meaning: 'Where the watermark lies; at the bottom right where it is not given.',
    example: { query: 'w=240&mark={image_id}&mark-align=top,left' },
  }),
  'mark-alpha': parameter({
    group: 'Watermark',
    syntax: '{per cent}',
    kind: whole(0, 100),
    meaning: 'Opacity; 100 where it is not given.',
    example: { query: 'w=240&mark={image_id}&mark-alpha=40' },
    neutral: 100,
  }),
  'mark-w': parameter({
    group: 'Watermark',
    syntax: '{pixels or share}',
    kind: length,
    meaning:
      'Width of the watermark, in pixels or as a share of the width of the picture. Without a size it keeps its own, as far as it fits inside `mark-pad`.',
    example: { query: 'w=240&mark={image_id}&mark-w=0.5' },
  }),
  'mark-h': parameter({
    group: 'Watermark',
    syntax: '{pixels or share}',
    kind: length,
    meaning: 'Height of the watermark, in pixels or as a share of the height of the picture.',
    example: { query: 'w=240&mark={image_id}&mark-h=0.3' },
  }),
  'mark-scale': parameter({
    group: 'Watermark',
    syntax: '{per cent}',
    kind: whole(0, 100),
    meaning: 'Size of the watermark, in per cent of the width of the picture.',
    example: { query: 'w=240&mark={image_id}&mark-scale=60' },
  }),
  'mark-fit': parameter({
    group: 'Watermark',
    syntax: '{mode}',
    kind: oneOf(['clip', 'crop', 'fill', 'max', 'scale']),
    meaning:
      'How the watermark meets the box of `mark-w` and `mark-h`, as `fit`; `clip` where it is not given.',
    example: { query: 'w=240&mark={image_id}&mark-w=80&mark-h=80&mark-fit=crop' },
    neutral: 'clip',
  }),
  'mark-pad': parameter({
    group: 'Watermark',
    syntax: '{pixels}',
    kind: whole(0, MAX_SIDE),
    meaning: 'Distance from the edges, and between tiles; 5 where it is not given.',
    example: { query: 'w=240&mark={image_id}&mark-pad=30' },
    neutral: 5,
  }),
  'mark-x': parameter({
    group: 'Watermark',
    syntax: '{pixels}',
    kind: whole(0, MAX_SIDE),
    meaning: 'Distance from the left edge, instead of what `mark-align` and `mark-pad` say.',
    example: { query: 'w=240&mark={image_id}&mark-x=40' },
  }),
  'mark-y': parameter({
    group: 'Watermark',
    syntax: '{pixels}',
    kind: whole(0, MAX_SIDE),
    meaning: 'Distance from the top, instead of what `mark-align` and `mark-pad` say.',
    example: { query: 'w=240&mark={image_id}&mark-y=40' },
  }),
  'mark-rot': parameter({
    group: 'Watermark',
    syntax: '{degrees}',
    kind: decimal(0, 359),
    meaning: 'Turns the watermark counter-clockwise.',
    example: { query: 'w=240&mark={image_id}&mark-rot=30' },
    neutral: 0,
  }),
  'mark-tile': parameter({
    group: 'Watermark',
    syntax: 'grid',
    kind: oneOf(['grid']),
    meaning: 'Covers the whole picture with it.',
    example: { query: 'w=240&mark={image_id}&mark-tile=grid&mark-alpha=40' },
  }),
};

export type MarkGiven = Given<typeof markParameters>;

export function markFrom(given: MarkGiven): MarkRequest | undefined {
  if (given.mark === undefined) return undefined;
  return defined({
    image: given.mark,
    align: given['mark-align'] ?? BOTTOM_RIGHT,
    alpha: given['mark-alpha'] ?? 100,
    width: given['mark-w'],
    height: given['mark-h'],
    scale: given['mark-scale'],
    fit: given['mark-fit'] ?? 'clip',
    pad: given['mark-pad'] ?? 5,
    x: given['mark-x'],
    y: given['mark-y'],
    rot: given['mark-rot'],
    tile: given['mark-tile'],
  });
}

export function givenMark(mark: MarkRequest | undefined): MarkGiven {
  if (mark === undefined) return {};
  return defined({
    mark: mark.image,
    'mark-align': isBottomRight(mark.align) ? undefined : mark.align,
    'mark-alpha': mark.alpha,
    'mark-w': mark.width,
    'mark-h': mark.height,
    'mark-scale': mark.scale,
    'mark-fit': mark.fit,
    'mark-pad': mark.pad,
    'mark-x': mark.x,
    'mark-y': mark.y,
    'mark-rot': mark.rot,
    'mark-tile': mark.tile,
  });
}
