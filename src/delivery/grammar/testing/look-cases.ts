import type { ParameterName } from '../table.ts';
import { about, type Cases, together } from './cases.ts';

type Amount = Extract<
  ParameterName,
  'bri' | 'con' | 'exp' | 'gam' | 'high' | 'shad' | 'sat' | 'vib' | 'sharp' | 'usm' | 'blur' | 'px' | 'sepia'
>;

/** A whole number, 0 neutral. */
function amount(name: Amount, from: number, to: number): Cases {
  const range = `${name} must be a whole number from ${from} to ${to}; got`;
  return about(
    name,
    [
      ['the least', `${name}=${from}`, { look: { [name]: from === 0 ? undefined : from } }],
      ['the most', `${name}=${to}`, { look: { [name]: to === 0 ? undefined : to } }],
      ['0 is none', `${name}=0`, { look: { [name]: undefined } }],
      ['-0 is none', `${name}=-0`, { look: { [name]: undefined } }],
    ],
    [
      ['too little', `${name}=${from - 1}`, `${range} "${from - 1}".`],
      ['too much', `${name}=${to + 1}`, `${range} "${to + 1}".`],
      ['a fraction', `${name}=0.5`, `${range} "0.5".`],
    ],
  );
}

export const lookCases = together(
  amount('bri', -100, 100),
  amount('con', -100, 100),
  amount('exp', -100, 100),
  amount('gam', -100, 100),
  amount('high', -100, 0),
  amount('shad', 0, 100),
  amount('sat', -100, 100),
  amount('vib', -100, 100),
  amount('sharp', 0, 100),
  amount('usm', -100, 100),
  amount('blur', 0, 2000),
  amount('px', 0, 100),
  amount('sepia', 0, 100),
  about(
    'exp',
    [
      ['exposure', 'exp=20', { look: { exp: 20 } }],
      ['the end of a signature', 'w=100&exp=1893456000&sig=k1.abc', { look: { exp: undefined } }],
      ['exposure under a signature', 'exp64=MjA&exp=1893456000&sig=k1.abc', { look: { exp: 20 } }],
      ['exposure under a signature of imgix', 'exp=20&expires=1893456000&s=abc', { look: { exp: 20 } }],
    ],
    [['the end of a signature that somebody took off', 'exp=1893456000', 'got "1893456000".']],
  ),
  about(
    'hue',
    [
      ['a third of the way', 'hue=120', { look: { hue: 120 } }],
      ['all the way around is none', 'hue=360', { look: { hue: undefined } }],
    ],
    [
      ['further', 'hue=361', 'hue must be a whole number from 0 to 360; got "361".'],
      ['backwards', 'hue=-10', 'got "-10".'],
    ],
  ),
  about(
    'usmrad',
    [
      ['a radius', 'usm=50&usmrad=4.5', { look: { usm: 50, usmrad: 4.5 } }],
      ['the usual one is none', 'usm=50&usmrad=2.5', { look: { usmrad: undefined } }],
      ['ignored without usm', 'usmrad=4', { look: { usmrad: undefined } }],
    ],
    [['nothing', 'usm=50&usmrad=0', 'usmrad must be a number above 0, up to 500; got "0".']],
  ),
  about(
    'invert',
    [
      ['true', 'invert=true', { look: { invert: true } }],
      ['the bare name', 'invert', { look: { invert: true } }],
      ['false is none', 'invert=false', { look: { invert: undefined } }],
    ],
    [['a number', 'invert=2', 'invert must be true or false; got "2".']],
  ),
  about(
    'monochrome',
    [
      ['six digits', 'monochrome=FF4A4A', { look: { monochrome: '#ff4a4a' } }],
      ['three digits', 'monochrome=f4a', { look: { monochrome: '#ff44aa' } }],
      ['eight digits: opacity first', 'monochrome=78FF4A4B', { look: { monochrome: '#ff4a4b78' } }],
      ['four digits: opacity first', 'monochrome=8f4a', { look: { monochrome: '#ff44aa88' } }],
      ['opaque is as without', 'monochrome=ffff4a4a', { look: { monochrome: '#ff4a4a' } }],
      ['a name, in any case', 'monochrome=RebeccaPurple', { look: { monochrome: '#663399' } }],
      ['either spelling of grey', 'monochrome=darkslategray', { look: { monochrome: '#2f4f4f' } }],
      ['nothing at all', 'monochrome=transparent', { look: { monochrome: '#00000000' } }],
    ],
    [
      [
        'a hash',
        'monochrome=%23ff4a4a',
        'monochrome must be a colour: 3, 6, 4 or 8 hexadecimal digits (rgb, rrggbb, argb, aarrggbb) or a name of CSS; got "#ff4a4a". Leave out the #.',
      ],
      ['five digits', 'monochrome=ff4a4', 'got "ff4a4".'],
      ['a slip', 'monochrome=trquoise', 'Did you mean turquoise?'],
      ['what every object has', 'monochrome=toString', 'got "toString".'],
      ['a function of CSS', 'monochrome=rgb(1,2,3)', 'got "rgb(1,2,3)".'],
    ],
  ),
  about(
    'duotone',
    [
      [
        'dark and light',
        'duotone=000080,FA8072',
        { look: { duotone: { dark: '#000080', light: '#fa8072' } } },
      ],
      [
        'names and a space',
        'duotone=navy, salmon',
        { look: { duotone: { dark: '#000080', light: '#fa8072' } } },
      ],
    ],
    [
      [
        'one colour',
        'duotone=navy',
        'duotone must be two colours by comma, such as 000080,fa8072; got "navy".',
      ],
      ['three colours', 'duotone=red,green,blue', 'got "red,green,blue".'],
      ['a slip', 'duotone=navy,salmno', 'Did you mean salmon?'],
    ],
  ),
);
