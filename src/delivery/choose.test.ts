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
];
const record = {
  image_id: '018f2c5e-0000-7000-8000-000000000000',
  variants: stored.map(([name, format, width]): Variant => {
    const key = `${name}.${format}`;
    return { name, format, width, height: width / 2, key, size: 1, sha256: '0'.repeat(64), url: key };
  }),
} as unknown as ImageRecord;

function choose(variant: string | undefined, formats: Format[], deferred: Format[] = [], isAsked = false) {
  const parameters = variant === undefined ? {} : { variant };
  return told(chooseVariant(record, parameters, { formats, varyOn: isAsked ? [] : ['Accept'] }, deferred));
}

function told(choice: Choice): string {
  const name = (it: { variant: string; format: string }) => `${it.variant}.${it.format}`;
  if ('make' in choice) return `make ${name(choice.make)}`;
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
    ['what must be made first', () => choose('large', ['avif'], ['avif'], true), 'make large.avif'],
    ['the only format that a client takes', () => choose('small', ['avif'], ['avif']), 'make small.avif'],
  ];
  it.each(cases)('%s', (_name, choice, expected) => expect(choice()).toBe(expected));

  const refused: [name: string, choice: () => string, code: string, words: string][] = [
    ['a name that is not there', () => choose('huge', ['webp']), 'variant_not_found', 'small, large, medium'],
    ['the original', () => choose('original', ['webp']), 'variant_not_found', 'not public'],
    ['a format by name', () => choose('large', ['png'], [], true), 'variant_not_found', 'webp, jpeg'],
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
    expect(() => chooseVariant(empty, {}, { formats: ['webp'], varyOn: [] }, [])).toThrow('Nothing was made');
  });
});
