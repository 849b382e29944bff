import { describe, expect, it } from 'vitest';
import type { Format } from '../images/image.ts';
import { type Family, negotiate } from './negotiate.ts';

const CHROME = 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8';
const SAFARI =
  'image/webp,image/avif,image/jxl,image/heic,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5';
const FIREFOX = 'image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5';
const OLD_EDGE = 'image/png, image/svg+xml, image/*; q=0.8, */*; q=0.5';

const photo: Family = { format: 'jpeg', isAnimated: false };
const drawing: Family = { format: 'png', isAnimated: false };
const film: Family = { format: 'gif', isAnimated: true };

const cases: [name: string, accept: string | undefined, family: Family, best: string][] = [
  ['Chrome', CHROME, photo, 'avif webp jpeg png gif'],
  ['Safari', SAFARI, photo, 'avif webp png jpeg gif'],
  ['Firefox', FIREFOX, photo, 'avif webp png jpeg gif'],
  ['a browser without modern formats', OLD_EDGE, photo, 'png jpeg gif avif webp'],
  ['a client that says nothing', undefined, photo, 'jpeg png gif avif webp'],
  ['an empty header', '', photo, 'jpeg png gif avif webp'],
  ['curl and most libraries', '*/*', photo, 'jpeg png gif avif webp'],
  ['any image', 'image/*', drawing, 'png jpeg gif avif webp'],
  ['one format only', 'image/webp', photo, 'webp'],
  [
    'weights decide before our taste',
    'image/avif;q=0.5, image/webp;q=0.9, */*;q=0.1',
    photo,
    'webp avif jpeg png gif',
  ],
  ['a JPEG is preferred by name', 'image/jpeg, image/webp;q=0.3', photo, 'jpeg webp'],
  ['q=0 is a refusal', 'image/avif;q=0, image/webp, */*;q=0.5', photo, 'webp jpeg png gif'],
  ['a refusal beats a wildcard', '*/*, image/jpeg;q=0', photo, 'png gif avif webp'],
  ['a refused group', 'image/*;q=0, image/webp', photo, 'webp'],
  ['everything refused', '*/*;q=0', photo, ''],
  ['no picture at all', 'text/html', photo, ''],
  ['case and spaces', ' IMAGE/WebP ; Q=0.7 ,*/* ;q=0.1', photo, 'webp jpeg png gif avif'],
  ['parameters of the type', 'image/webp;level=1;q=0.4', photo, 'webp'],
  ['a weight that is none', 'image/webp;q=high, image/png', photo, 'png'],
  ['a weight above one', 'image/webp;q=1.5, image/png', photo, 'png'],
  ['nonsense among sense', ';;,,image/webp,/', photo, 'webp'],
  ['nothing but nonsense', 'webp please', photo, 'jpeg png gif avif webp'],
  ['what moves', CHROME, film, 'webp gif avif png jpeg'],
  ['what moves, for whom WebP is unknown', '*/*', film, 'gif png jpeg webp avif'],
  ['a TIFF becomes a JPEG', '*/*', { format: 'tiff', isAnimated: false }, 'jpeg png gif avif webp'],
  ['an original that nobody knows', '*/*', { isAnimated: false }, 'jpeg png gif avif webp'],
];

describe('negotiation by Accept', () => {
  it.each(cases)('%s', (_name, accept, family, best) => {
    const { formats, varyOn } = negotiate((name) => (name === 'accept' ? accept : undefined), {}, family);
    expect(formats.join(' ')).toBe(best);
    expect(varyOn).toEqual(['Accept']);
  });

  it.each<Format>(['jpeg', 'png', 'gif', 'webp', 'avif'])('fm=%s is not negotiated', (format) => {
    const { formats, varyOn } = negotiate(() => 'image/gif', { format }, photo);
    expect(formats).toEqual([format]);
    expect(varyOn).toEqual([]);
  });

  it('looks at no more than the beginning of an endless header', () => {
    const endless = `${'image/x;q=0.1,'.repeat(10_000)}image/webp`;
    expect(negotiate(() => endless, {}, photo).formats).toEqual([]);
  });
});
