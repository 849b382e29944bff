import type { OutputRequest } from '../request.ts';
import { defined } from './defined.ts';
import { whole } from './numbers.ts';
import { type Given, parameter } from './parameter.ts';
import { fileName, flag, oneOf, switches } from './words.ts';

/** What each value of `fm` means, the usual name of each meaning first. */
const formats = {
  avif: { format: 'avif' },
  webp: { format: 'webp' },
  jpg: { format: 'jpeg' },
  jpeg: { format: 'jpeg' },
  pjpg: { format: 'jpeg', isProgressive: true },
  png: { format: 'png' },
  png8: { format: 'png', isPalette: true },
  gif: { format: 'gif' },
  blurhash: { text: 'blurhash' },
  thumbhash: { text: 'thumbhash' },
  json: { text: 'json' },
} as const satisfies Record<string, FormatChoice>;

type FormatChoice = Pick<OutputRequest, 'format' | 'isProgressive' | 'isPalette' | 'text'>;
type FormatName = keyof typeof formats;

const chromas = [
  ['420', '4:2:0'],
  ['422', '4:2:2'],
  ['444', '4:4:4'],
] as const;

export const outputParameters = {
  fm: parameter({
    group: 'Format',
    syntax: '{format}',
    kind: oneOf(keysOf(formats)),
    meaning:
      'The format. `pjpg` is a progressive JPEG, `png8` has a palette; `blurhash`, `thumbhash` and `json` answer text. Without it `auto=format` decides, else the family of the source: GIF where it moves, PNG where it has transparency, else JPEG.',
    example: { query: 'w=240&fm=webp' },
  }),
  q: parameter({
    group: 'Format',
    syntax: '{quality}',
    kind: whole(0, 100),
    meaning:
      'Quality of JPEG and WebP, and of an AVIF that looks as good; 75 where it is not given, 45 where `auto=compress` saves.',
    example: { query: 'w=240&fm=jpg&q=10' },
  }),
  lossless: parameter({
    group: 'Format',
    syntax: 'true',
    kind: flag,
    meaning: 'WebP or AVIF without any loss.',
    example: { query: 'w=120&fm=webp&lossless=true' },
    neutral: false,
  }),
  auto: parameter({
    group: 'Format',
    syntax: 'format,compress',
    kind: switches(['format', 'compress']),
    meaning:
      '`format` chooses the format by what the client accepts; `compress` saves: quality 45, no metadata, no profile. May also be given twice.',
    example: { query: 'w=240&auto=format,compress' },
    isRepeatable: true,
  }),
  ch: parameter({
    group: 'Format',
    syntax: 'Width,DPR,Save-Data',
    kind: switches(['Width', 'DPR', 'Save-Data']),
    meaning: 'Client hints that may stand in for `w`, `dpr` and `q`. May also be given several times.',
    example: { query: 'w=240&ch=DPR,Save-Data' },
    isRepeatable: true,
  }),
  chromasub: parameter({
    group: 'Format',
    syntax: '{subsampling}',
    kind: oneOf(['420', '422', '444']),
    meaning:
      'How finely JPEG and AVIF keep colour: 4:2:0, 4:2:2 or 4:4:4. Decided by quality where it is not given.',
    example: { query: 'w=240&fm=jpg&chromasub=444' },
  }),
  cs: parameter({
    group: 'Format',
    syntax: '{colour space}',
    kind: oneOf(['srgb', 'strip', 'origin']),
    meaning:
      'What is sent is always in sRGB: `strip` leaves the profile that says so out, `srgb` and `origin` keep it, under `auto=compress` too.',
    example: { query: 'w=240&cs=srgb' },
  }),
  colorquant: parameter({
    group: 'Format',
    syntax: '{number}',
    kind: whole(2, 256),
    meaning: 'Colours in the palette of PNG8 and GIF, and a palette for PNG; 256 where it is not given.',
    example: { query: 'w=240&fm=png8&colorquant=8' },
  }),
  dl: parameter({
    group: 'Format',
    syntax: '{file name}',
    kind: fileName,
    meaning: 'Answers a download of this name; without a value, of the usual name.',
    example: { query: 'w=240&dl=cat.jpg', answers: 'the same picture, saved as a file' },
  }),
  palette: parameter({
    group: 'Palette',
    syntax: '{form}',
    kind: oneOf(['json', 'css']),
    meaning: 'Answers the colours of the picture, as JSON or CSS, instead of the picture.',
    example: { query: 'palette=json', answers: 'JSON' },
  }),
  colors: parameter({
    group: 'Palette',
    syntax: '{number}',
    kind: whole(0, 16),
    meaning: 'With `palette`: how many colours; 6 where it is not given.',
    example: { query: 'palette=css&colors=4', answers: 'CSS' },
    neutral: 6,
  }),
};

export type OutputGiven = Given<typeof outputParameters>;

export function outputFrom(given: OutputGiven): OutputRequest {
  const { auto, ch, fm, chromasub, palette } = given;
  const choice: FormatChoice = fm === undefined ? {} : formats[fm];
  return defined({
    ...choice,
    autoFormat: auto?.has('format') ?? false,
    autoCompress: auto?.has('compress') ?? false,
    hints: {
      width: ch?.has('Width') ?? false,
      dpr: ch?.has('DPR') ?? false,
      saveData: ch?.has('Save-Data') ?? false,
    },
    quality: given.q,
    isLossless: given.lossless,
    chroma: chromas.find(([digits]) => digits === chromasub)?.[1],
    colorSpace: given.cs,
    colors: given.colorquant,
    download: given.dl,
    palette: palette && { as: palette, colors: given.colors ?? 6 },
  });
}

export function givenOutput(output: OutputRequest): OutputGiven {
  const { autoFormat, autoCompress, hints, chroma } = output;
  return defined({
    fm: formatName(output),
    q: output.quality,
    lossless: output.isLossless,
    auto: setOf({ format: autoFormat, compress: autoCompress }),
    ch: setOf({ Width: hints.width, DPR: hints.dpr, 'Save-Data': hints.saveData }),
    chromasub: chromas.find(([, subsampling]) => subsampling === chroma)?.[0],
    cs: output.colorSpace,
    colorquant: output.colors,
    dl: output.download,
    palette: output.palette?.as,
    colors: output.palette?.colors,
  });
}

function formatName(output: OutputRequest): FormatName | undefined {
  const means = (choice: FormatChoice) =>
    choice.format === output.format &&
    choice.text === output.text &&
    (choice.isProgressive ?? false) === (output.isProgressive ?? false) &&
    (choice.isPalette ?? false) === (output.isPalette ?? false);
  return keysOf(formats).find((name) => means(formats[name]));
}

function setOf<Word extends string>(
  switched: Readonly<Record<Word, boolean>>,
): ReadonlySet<Word> | undefined {
  const on = new Set(keysOf(switched).filter((word) => switched[word]));
  return on.size === 0 ? undefined : on;
}

function keysOf<Key extends string>(table: Readonly<Record<Key, unknown>>): Key[] {
  return Object.keys(table) as Key[];
}
