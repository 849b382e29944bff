import { about, together } from './cases.ts';

const FORMATS =
  'fm must be one of avif, webp, jpg, jpeg, pjpg, png, png8, gif, blurhash, thumbhash or json; got';
const NO_HINTS = { width: false, dpr: false, saveData: false };

export const outputCases = together(
  about(
    'fm',
    [
      ['none', '', { output: { format: undefined, text: undefined } }],
      ['avif', 'fm=avif', { output: { format: 'avif' } }],
      ['webp', 'fm=webp', { output: { format: 'webp' } }],
      ['jpg', 'fm=jpg', { output: { format: 'jpeg', isProgressive: undefined } }],
      ['jpeg', 'fm=jpeg', { output: { format: 'jpeg' } }],
      ['pjpg', 'fm=pjpg', { output: { format: 'jpeg', isProgressive: true } }],
      ['png', 'fm=png', { output: { format: 'png', isPalette: undefined } }],
      ['png8', 'fm=png8', { output: { format: 'png', isPalette: true } }],
      ['gif', 'fm=gif', { output: { format: 'gif' } }],
      ['blurhash', 'fm=blurhash', { output: { text: 'blurhash', format: undefined } }],
      ['thumbhash', 'fm=thumbhash', { output: { text: 'thumbhash' } }],
      ['json', 'fm=json', { output: { text: 'json' } }],
    ],
    [
      ['one that is read but not written', 'fm=tiff', `${FORMATS} "tiff".`],
      ['a video', 'fm=mp4', `${FORMATS} "mp4".`],
      ['a slip', 'fm=wepb', 'Did you mean webp?'],
      ['what every object has', 'fm=constructor', `${FORMATS} "constructor".`],
    ],
  ),
  about(
    'q',
    [
      ['none', '', { output: { quality: undefined } }],
      ['the least', 'q=0', { output: { quality: 0 } }],
      ['the most', 'q=100', { output: { quality: 100 } }],
      ['the usual one is kept: it overrides auto', 'q=75&auto=compress', { output: { quality: 75 } }],
    ],
    [
      ['too much', 'q=101', 'q must be a whole number from 0 to 100; got "101".'],
      ['a fraction', 'q=0.8', 'q must be a whole number from 0 to 100; got "0.8".'],
    ],
  ),
  about(
    'lossless',
    [
      ['true', 'lossless=true', { output: { isLossless: true } }],
      ['1', 'lossless=1', { output: { isLossless: true } }],
      ['the bare name', 'lossless', { output: { isLossless: true } }],
      ['false is none', 'lossless=false', { output: { isLossless: undefined } }],
      ['0 is none', 'lossless=0', { output: { isLossless: undefined } }],
    ],
    [['another word', 'lossless=yes', 'lossless must be true or false; got "yes".']],
  ),
  about(
    'auto',
    [
      ['none', '', { output: { autoFormat: false, autoCompress: false } }],
      ['format', 'auto=format', { output: { autoFormat: true, autoCompress: false } }],
      ['both by comma', 'auto=compress,format', { output: { autoFormat: true, autoCompress: true } }],
      [
        'both by comma, encoded',
        'auto=format%2Ccompress',
        { output: { autoFormat: true, autoCompress: true } },
      ],
      [
        'both by repetition',
        'auto=format&auto=compress',
        { output: { autoFormat: true, autoCompress: true } },
      ],
      ['the same twice', 'auto=format&auto=format', { output: { autoFormat: true, autoCompress: false } }],
      ['an empty list', 'auto=', { output: { autoFormat: false, autoCompress: false } }],
      ['it has no base64 variant', 'auto64=Zm9ybWF0', { output: { autoFormat: false } }],
    ],
    [
      [
        'one that is not here',
        'auto=enhance',
        'auto must be a list of any of format or compress, separated by commas; got "enhance".',
      ],
      ['one of two that is not here', 'auto=format&auto=redeye', 'got "format,redeye".'],
    ],
  ),
  about(
    'ch',
    [
      ['none', '', { output: { hints: NO_HINTS } }],
      ['all', 'ch=Width,DPR,Save-Data', { output: { hints: { width: true, dpr: true, saveData: true } } }],
      ['in any case', 'ch=width,dpr', { output: { hints: { width: true, dpr: true, saveData: false } } }],
      [
        'by repetition',
        'ch=DPR&ch=Save-Data',
        { output: { hints: { width: false, dpr: true, saveData: true } } },
      ],
    ],
    [
      [
        'one that is not here',
        'ch=Viewport-Width',
        'ch must be a list of any of Width, DPR or Save-Data, separated by commas; got "Viewport-Width".',
      ],
    ],
  ),
  about(
    'chromasub',
    [
      ['420', 'chromasub=420', { output: { chroma: '4:2:0' } }],
      ['422', 'chromasub=422', { output: { chroma: '4:2:2' } }],
      ['444', 'chromasub=444', { output: { chroma: '4:4:4' } }],
    ],
    [['another', 'chromasub=411', 'chromasub must be one of 420, 422 or 444; got "411".']],
  ),
  about(
    'cs',
    [
      ['srgb', 'cs=srgb', { output: { colorSpace: 'srgb' } }],
      ['strip', 'cs=strip', { output: { colorSpace: 'strip' } }],
      ['origin', 'cs=origin', { output: { colorSpace: 'origin' } }],
    ],
    [['another', 'cs=adobergb1998', 'cs must be one of srgb, strip or origin; got "adobergb1998".']],
  ),
  about(
    'colorquant',
    [
      ['the least', 'colorquant=2', { output: { colors: 2 } }],
      ['the most', 'colorquant=256', { output: { colors: 256 } }],
    ],
    [['one', 'colorquant=1', 'colorquant must be a whole number from 2 to 256; got "1".']],
  ),
  about(
    'dl',
    [
      ['a name', 'dl=My%20cat.jpg', { output: { download: 'My cat.jpg' } }],
      ['the usual name', 'dl=', { output: { download: '' } }],
      ['the bare name of the parameter', 'dl', { output: { download: '' } }],
      ['none', '', { output: { download: undefined } }],
    ],
    [['256 characters', `dl=${'a'.repeat(256)}`, 'dl must be a file name of at most 255 characters']],
  ),
  about(
    'palette',
    [
      ['json', 'palette=json', { output: { palette: { as: 'json', colors: 6 } } }],
      ['css', 'palette=css', { output: { palette: { as: 'css', colors: 6 } } }],
    ],
    [['another', 'palette=html', 'palette must be one of json or css; got "html".']],
  ),
  about(
    'colors',
    [
      ['four', 'palette=json&colors=4', { output: { palette: { as: 'json', colors: 4 } } }],
      ['none at all', 'palette=json&colors=0', { output: { palette: { as: 'json', colors: 0 } } }],
      ['ignored without palette', 'colors=4', { output: { palette: undefined, colors: undefined } }],
    ],
    [['too many', 'palette=json&colors=17', 'colors must be a whole number from 0 to 16; got "17".']],
  ),
);
