import { readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { canonicalQuery } from './canonical.ts';
import { madeParts, pictures, withMadeParts } from './documentation.ts';
import { GROUPS, type Parameter } from './parameter.ts';
import { parseDelivery } from './parse.ts';
import { parameterNames, parameters } from './table.ts';

/** docs/delivery.md must say what the table says. `npm run docs:delivery` writes it anew, with its pictures. */

const docs = readFileSync(new URL('../../../docs/delivery.md', import.meta.url), 'utf8');

test('the document says what the table says', () => {
  expect(withMadeParts(docs)).toBe(docs);
});

test('each example has its picture, small enough for a page of them, and there are no others', () => {
  const folder = new URL('../../../docs/delivery/', import.meta.url);
  const files = readdirSync(folder);
  expect(files.toSorted()).toEqual(pictures.map(({ name }) => `${name}.webp`).toSorted());
  const sizes = files.map((file) => statSync(new URL(file, folder)).size);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(15_000);
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(1_500_000);
});

test('a part without a place is missed', () => {
  expect(() => withMadeParts('# Delivery')).toThrow('there is no place for the part fits');
});

test.each(parameterNames)('%s is explained', (name) => {
  const { group, syntax, meaning, kind }: Parameter<unknown> = parameters[name];
  const row = (madeParts().get('parameters') ?? '')
    .split('\n')
    .find((line) => line.includes(`<a id="${name}">`));
  expect(row).toContain(syntax.replaceAll('|', '\\|'));
  expect(row).toContain(kind.range);
  expect(meaning).toMatch(/^[A-Z`].*\.$/s);
  expect(GROUPS).toContain(group);
});

/** Where the example shows nothing: faces are not analysed, and only one font ships. */
const WITHOUT_EFFECT: readonly string[] = ['faceindex', 'facepad', 'face-blur', 'face-pixel', 'txt-font'];

describe('the example', () => {
  test.each(parameterNames)('of %s shows it, and is right', (name) => {
    const { query } = parameters[name].example;
    expect([...new URLSearchParams(query).keys()]).toContain(name);
    expect(() => parseDelivery(query)).not.toThrow();
  });

  test.each(parameterNames.filter((name) => !WITHOUT_EFFECT.includes(name)))(
    'of %s asks for something else than the same without it',
    (name) => {
      const { query } = parameters[name].example;
      const without = query.split('&').filter((pair) => !pair.startsWith(`${name}=`));
      expect(canonicalQuery(parseDelivery(query))).not.toBe(canonicalQuery(parseDelivery(without.join('&'))));
    },
  );
});
