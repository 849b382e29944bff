import type { SourceRequest } from '../request.ts';
import { defined } from './defined.ts';
import { whole } from './numbers.ts';
import { orientation } from './orientation.ts';
import { type Given, parameter } from './parameter.ts';
import { rect } from './rect.ts';
import { variantName } from './words.ts';

export const sourceParameters = {
  v: parameter({
    group: 'Source',
    syntax: '{variant}',
    kind: variantName,
    meaning: 'A variant that the pipeline has stored, by its name.',
    example: { query: 'v=medium', answers: 'the variant as it is stored' },
  }),
  rect: parameter({
    group: 'Source',
    syntax: '{x},{y},{w},{h}',
    kind: rect,
    meaning: 'Cuts this rectangle out before anything else is done.',
    example: { query: 'rect=0.3,top,0.5,0.6&w=240' },
  }),
  orient: parameter({
    group: 'Source',
    syntax: '{orientation}',
    kind: orientation,
    meaning:
      'How the picture is turned upright, as in EXIF, instead of what the file says. 0 and 1 leave it as it lies; 90, 180 and 270 are 6, 3 and 8.',
    example: { query: 'orient=6&w=160' },
  }),
  frame: parameter({
    group: 'Source',
    syntax: '{number}',
    kind: whole(1, 10_000),
    meaning: 'One frame of an animation, from 1, as a still. One that the animation has not is a mistake.',
    example: { query: 'frame=2&w=240', photo: 'moving' },
  }),
};

export type SourceGiven = Given<typeof sourceParameters>;

export function sourceFrom({ rect, orient, frame }: SourceGiven): SourceRequest {
  return defined({ rect: rect === 'everything' ? undefined : rect, orient, page: frame });
}

export function givenSource({ rect, orient, page }: SourceRequest, variant: string | undefined): SourceGiven {
  return defined({ v: variant, rect, orient, frame: page });
}
