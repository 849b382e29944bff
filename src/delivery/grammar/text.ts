import type { TextRequest } from '../request.ts';
import { align, BOTTOM_RIGHT, isBottomRight } from './align.ts';
import { color } from './colors.ts';
import { defined } from './defined.ts';
import { font, USUAL_FONT } from './fonts.ts';
import { decimal, length, MAX_SIDE, whole } from './numbers.ts';
import { type Given, parameter } from './parameter.ts';
import { oneOf, text } from './words.ts';

export const textParameters = {
  txt: parameter({
    group: 'Text',
    syntax: '{text}',
    kind: text(500),
    meaning:
      'Draws this text on the picture, in Latin, Greek and Cyrillic letters; other scripts and emoji become boxes. `%0A` begins a new line. Without it the other parameters of text do nothing.',
    example: { query: 'w=240&txt=Hello&txt-size=32&txt-color=white' },
    neutral: '',
  }),
  'txt-font': parameter({
    group: 'Text',
    syntax: '{font}',
    kind: font,
    meaning:
      'The font. All that can be named ship with Darkroom: the same text has the same pixels on every machine.',
    example: { query: 'w=240&txt=Hello&txt-size=32&txt-color=white&txt-font=sans-serif,bold' },
  }),
  'txt-size': parameter({
    group: 'Text',
    syntax: '{pixels}',
    kind: whole(1, 1000),
    meaning:
      'Size of the font; 12 where it is not given. Less where the text would be higher than the picture.',
    example: { query: 'w=240&txt=Hello&txt-size=48&txt-color=white' },
    neutral: 12,
  }),
  'txt-color': parameter({
    group: 'Text',
    syntax: '{colour}',
    kind: color,
    meaning: 'Black where it is not given.',
    example: { query: 'w=240&txt=Hello&txt-size=32&txt-color=gold' },
    neutral: '#000000',
  }),
  'txt-align': parameter({
    group: 'Text',
    syntax: '{vertical},{horizontal}',
    kind: align,
    meaning: 'Where the text lies; at the bottom right where it is not given.',
    example: { query: 'w=240&txt=Hello&txt-size=32&txt-color=white&txt-align=middle,center' },
  }),
  'txt-pad': parameter({
    group: 'Text',
    syntax: '{pixels}',
    kind: whole(0, MAX_SIDE),
    meaning: 'Distance of the text from the edges; 10 where it is not given.',
    example: { query: 'w=240&txt=Hello&txt-size=32&txt-color=white&txt-pad=40' },
    neutral: 10,
  }),
  'txt-fit': parameter({
    group: 'Text',
    syntax: 'max',
    kind: oneOf(['max']),
    meaning: 'Where a line would be too long the font becomes smaller, instead of the line being broken.',
    example: { query: 'w=240&txt=One%20thing%20after%20the%20other&txt-size=24&txt-color=white&txt-fit=max' },
  }),
  'txt-width': parameter({
    group: 'Text',
    syntax: '{pixels or share}',
    kind: length,
    meaning:
      'Width of the text, in pixels or as a share of the width of the picture: lines break where they would be longer.',
    example: {
      query: 'w=240&txt=One%20thing%20after%20the%20other&txt-size=24&txt-color=white&txt-width=140',
    },
  }),
  'txt-shad': parameter({
    group: 'Text',
    syntax: '{strength}',
    kind: decimal(0, 10),
    meaning: 'A shadow behind the text.',
    example: { query: 'w=240&txt=Hello&txt-size=32&txt-color=white&txt-shad=8' },
    neutral: 0,
  }),
};

export type TextGiven = Given<typeof textParameters>;

export function textFrom(given: TextGiven): TextRequest | undefined {
  if (given.txt === undefined) return undefined;
  return defined({
    text: given.txt,
    font: given['txt-font'] ?? USUAL_FONT,
    size: given['txt-size'] ?? 12,
    color: given['txt-color'] ?? '#000000',
    align: given['txt-align'] ?? BOTTOM_RIGHT,
    pad: given['txt-pad'] ?? 10,
    fit: given['txt-fit'],
    width: given['txt-width'],
    shadow: given['txt-shad'] ?? 0,
  });
}

export function givenText(drawn: TextRequest | undefined): TextGiven {
  if (drawn === undefined) return {};
  return defined({
    txt: drawn.text,
    'txt-font': drawn.font === USUAL_FONT ? undefined : drawn.font,
    'txt-size': drawn.size,
    'txt-color': drawn.color,
    'txt-align': isBottomRight(drawn.align) ? undefined : drawn.align,
    'txt-pad': drawn.pad,
    'txt-fit': drawn.fit,
    'txt-width': drawn.width,
    'txt-shad': drawn.shadow,
  });
}
