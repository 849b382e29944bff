import { describe, expect, it } from 'vitest';
import { isFailure } from '../failures.ts';
import type { Format, ImageRecord, Variant } from '../images/image.ts';
import { type Choice, chooseVariant } from './choose.ts';

const stored: [name: string, format: Format, width: number][] = [
  ['small', 'webp', 256],
  ['small', 'jpeg', 256],
  ['large', 'webp', 1600],
  ['large', 'jpeg', 1600],
  ['medium', 'jpeg', 800],
  ['icon', 'png', 64],
];
const record = {
  image_id: '018f2c5e-0000-7000-8000-000000000000',
  variants: stored.map(([name, format, width]): Variant => {
    const key = `${name}.${format}`;
    return { name, format, width, height: width / 2, key, size: 1, sha256: '0'.repeat(64), url: key };
  }),
} as unknown as ImageRecord;

function choose(variant: string | undefined, formats: Format[], deferred: Format[] = [], isOpen = true) {
  return told(chooseVariant(record, { variant, formats, deferred, isOpen }));
}

function told(choice: Choice): string {
  const name = (it: { variant: string; format: string }) => `${it.variant}.${it.format}`;
  if ('make' in choice) return `make ${name(choice.make)}`;
  if ('derive' in choice) return `derive ${choice.derive} like ${choice.like.name}`;
  return `send ${choice.send.key}${choice.better ? `, better ${name(choice.better)}` : ''}`;
}

describe('the choice of a stored variant', () => {
  const cases: [name: string, choice: () => string, expected: string][] = [
    ['the largest without a name', () => choose(undefined, ['webp', 'jpeg']), 'send large.webp'],
    ['the one that is named', () => choose('small', ['webp', 'jpeg']), 'send small.webp'],
    ['the next best format', () => choose('medium', ['webp', 'jpeg']), 'send medium.jpeg'],
    [
      'what there is, while the best is made',
      () => choose('large', ['avif', 'webp'], ['avif']),
      'send large.webp, better large.avif',
    ],
    [
      'nothing better is asked for than what would be preferred',
      () => choose('large', ['webp', 'avif'], ['avif']),
      'send large.webp',
    ],
    ['what must be made first', () => choose('large', ['avif'], ['avif'], false), 'make large.avif'],
    ['the only format that a client takes', () => choose('small', ['avif'], ['avif']), 'make small.avif'],
    [
      'modern formats are the pipeline’s decision',
      () => choose(undefined, ['avif', 'webp', 'jpeg']),
      'send large.webp',
    ],
    [
      'what everybody reads is made for those who need it',
      () => choose(undefined, ['png', 'jpeg']),
      'derive png like large',
    ],
    ['a PNG that is there already does for a JPEG', () => choose('icon', ['jpeg', 'png']), 'send icon.png'],
    [
      'a format that the URL names is made too',
      () => choose(undefined, ['gif'], [], false),
      'derive gif like large',
    ],
    ['so is the only one that a client takes', () => choose(undefined, ['avif']), 'derive avif like large'],
  ];
  it.each(cases)('%s', (_name, choice, expected) => expect(choice()).toBe(expected));

  const refused: [name: string, choice: () => string, code: string, words: string][] = [
    [
      'a name that is not there',
      () => choose('huge', ['webp']),
      'variant_not_found',
      'small, large, medium, icon',
    ],
    ['the original', () => choose('original', ['webp']), 'variant_not_found', 'not public'],
    ['a format by name', () => choose('large', ['png'], [], false), 'variant_not_found', 'webp, jpeg'],
    ['formats that are not there', () => choose('large', ['png', 'gif']), 'not_acceptable', 'image/webp'],
    ['nothing accepted', () => choose('large', []), 'not_acceptable', 'image/jpeg'],
  ];
  it.each(refused)('refuses %s', (_name, choice, code, words) => {
    expect(choice).toThrow(words);
    try {
      choice();
    } catch (error) {
      expect(isFailure(error) && error.code).toBe(code);
    }
  });

  it('refuses an image of which nothing was made', () => {
    const empty = { ...record, variants: [] };
    const request = { variant: undefined, formats: ['webp'] as const, deferred: [], isOpen: true };
    expect(() => chooseVariant(empty, request)).toThrow('Nothing was made');
  });
});
