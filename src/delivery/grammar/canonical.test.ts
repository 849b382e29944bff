import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalQuery } from './canonical.ts';
import { parseDelivery } from './parse.ts';
import { arbitraryParameters, neighbours, type Parameters, spellings } from './testing/arbitrary-query.ts';

const canonical = (query: string | Parameters) => canonicalQuery(parseDelivery(query));

describe('equal requests have one identity', () => {
  test.each([
    ['nothing', '', ''],
    ['what others need', 'ixlib=js-3.8.0&utm_source=mail&exp=1893456000&sig=k1.abc', ''],
    ['an alias', 'width=300', 'w=300'],
    ['the order of the table', 'q=80&fm=webp&h=200&w=300', 'w=300&h=200&fm=webp&q=80'],
    ['base64', 'w64=MzAw', 'w=300'],
    ['encodings', '%77=%33%30%30&txt=a+b', 'w=300&txt=a%20b'],
    ['lists', 'auto=compress&auto=format&auto=compress', 'auto=format%2Ccompress'],
    ['numbers', 'w=0300&dpr=2.00', 'w=300&dpr=2'],
    ['colours', 'bg=F00', 'bg=ff0000'],
    ['colours by name', 'bg=Red', 'bg=ff0000'],
    ['opaque colours', 'bg=ffff0000', 'bg=ff0000'],
    ['colours that are not opaque', 'bg=8f00', 'bg=88ff0000'],
    ['all of a side as a share', 'w=1.000', 'w=1.0'],
    ['corners', 'w=9&h=9&fit=crop&crop=left,top', 'w=9&h=9&fit=crop&crop=top%2Cleft'],
    ['padding edge by edge', 'pad-top=4&pad-right=4&pad-bottom=4&pad-left=4', 'pad=4'],
    ['degrees of orientation', 'orient=90', 'orient=6'],
    ['both names of JPEG', 'fm=jpeg', 'fm=jpg'],
    [
      'what means nothing alone',
      'fp-x=0.2&fill=blur&mark-w=5&txt-size=5&rot-type=pivot&colors=3&usmrad=9',
      '',
    ],
    [
      'defaults spelled out',
      'fit=clip&dpr=1&bri=0&hue=360&rot=0&invert=false&lossless=false&pad=0&rect=0,0,full,full&txt=',
      '',
    ],
    [
      'defaults of watermarks spelled out',
      'mark=a&mark-align=bottom,right&mark-alpha=100&mark-fit=clip&mark-pad=5&mark-rot=0',
      'mark=a',
    ],
    [
      'defaults of text spelled out',
      'txt=a&txt-size=12&txt-color=000&txt-align=right,bottom&txt-pad=10&txt-shad=0&txt-font=sans-serif',
      'txt=a',
    ],
  ])('%s', (_, query, identity) => {
    expect(canonical(query)).toBe(identity);
  });

  test('however they are written', () => {
    const spelledTwice = arbitraryParameters.chain((some) =>
      fc.tuple(fc.constant(some), spellings(some), spellings(some)),
    );
    fc.assert(
      fc.property(spelledTwice, ([some, one, other]) => {
        expect(parseDelivery(one)).toStrictEqual(parseDelivery(some));
        expect(canonical(one)).toBe(canonical(other));
      }),
      { numRuns: 300 },
    );
  });
});

describe('different requests have different identities', () => {
  test('what is read from an identity is the request that it was made for', () => {
    fc.assert(
      fc.property(arbitraryParameters, (some) => {
        const request = parseDelivery(some);
        expect(parseDelivery(canonicalQuery(request))).toStrictEqual(request);
      }),
      { numRuns: 500 },
    );
  });

  test('an identity is shared exactly where requests are equal', () => {
    fc.assert(
      fc.property(neighbours, ([some, others]) => {
        const [one, other] = [parseDelivery(some), parseDelivery(others)];
        expect(canonicalQuery(one) === canonicalQuery(other)).toBe(isDeepStrictEqual(one, other));
      }),
      { numRuns: 500 },
    );
  });
});

test('anything at all is read or refused, and never crashes', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.stringMatching(/^((w|h|txt64|rect|ar|crop|bg|border)=[-+.,:%0-9a-fx]{0,9}&){0,4}$/),
  );
  fc.assert(
    fc.property(anything, (query) => {
      try {
        parseDelivery(query);
      } catch (error) {
        expect(error).toMatchObject({
          name: 'Failure',
          code: expect.stringMatching(/^(invalid_request|analysis_off)$/),
        });
      }
    }),
    { numRuns: 1000 },
  );
});
