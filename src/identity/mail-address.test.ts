import { expect, it } from 'vitest';
import { namesAddress } from './mail-address.ts';

const cases: [text: string, isNamed: boolean][] = [
  ['an@example.com', true],
  ['To: An <AN@Example.com>', true],
  ['{"to":"an@example.com"}', true],
  ['mailto:an@example.com?subject=x', true],
  ['Write to an@example.com.', true],
  ['dan@example.com', false],
  ['d.an@example.com', false],
  ['d+an@example.com', false],
  ['an@example.com.au', false],
  ['an@example.community', false],
  ['dan@example.com and an@example.com', true],
  ['an@exampleXcom', false],
];

it.each(cases)('%s', (text, isNamed) => {
  expect(namesAddress(text, 'an@example.com')).toBe(isNamed);
});

it('takes every character of an address for itself', () => {
  for (const address of ["o'hara+x@example.com", 'a.b-c_d%e@example.com', 'a{1}|b$^*?/=!#`~&@example.com']) {
    expect(namesAddress(`<${address}>`, address)).toBe(true);
    expect(namesAddress(`<x${address}>`, address)).toBe(false);
  }
});
