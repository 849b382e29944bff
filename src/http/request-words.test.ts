import { describe, expect, it } from 'vitest';
import { matchesNone, mayContinue } from './conditional.ts';
import { readRange } from './ranges.ts';
import { requestIdFrom } from './request-id.ts';
import { sentFilename } from './sent-filename.ts';
import { readWishes } from './upload-wishes.ts';

describe('Range', () => {
  it.each([
    ['bytes=0-9', { start: 0, end: 9 }],
    ['bytes=90-', { start: 90, end: 99 }],
    ['bytes=-10', { start: 90, end: 99 }],
    ['bytes=-1000', { start: 0, end: 99 }],
    ['bytes=0-99999999999999999999', { start: 0, end: 99 }],
    ['bytes=-99999999999999999999', { start: 0, end: 99 }],
    ['bytes=0-9,', { start: 0, end: 9 }],
    ['bytes=95-200', { start: 95, end: 99 }],
    ['bytes=99-99', { start: 99, end: 99 }],
    ['Bytes=0-0', { start: 0, end: 0 }],
    [undefined, 'whole'],
    ['bytes=0-1,5-6', 'whole'],
    ['bytes=9-3', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=a-b', 'whole'],
    ['lines=1-2', 'whole'],
    [`bytes=${'0-1,'.repeat(5000)}`, 'whole'],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=100-200', 'unsatisfiable'],
    ['bytes=99999999999999999999-', 'unsatisfiable'],
    ['bytes=0-9,20-29,', 'whole'],
    ['bytes=,', 'whole'],
    ['bytes=-0', 'unsatisfiable'],
  ])('%j of 100 bytes', (header, expected) => expect(readRange(header, 100)).toEqual(expected));

  it('of nothing cannot be satisfied', () => expect(readRange('bytes=0-', 0)).toBe('unsatisfiable'));
});

describe('entity tags', () => {
  it.each([
    [undefined, false],
    ['"a"', true],
    ['W/"a"', true],
    ['"b", "a"', true],
    ['*', true],
    ['"b"', false],
    ['a', false],
  ])('If-None-Match %j', (header, expected) => expect(matchesNone(header, '"a"')).toBe(expected));

  it.each([
    [undefined, true],
    ['"a"', true],
    ['W/"a"', false],
    ['"b"', false],
    ['Fri, 20 Nov 2026 12:00:00 GMT', false],
  ])('If-Range %j', (header, expected) => expect(mayContinue(header, '"a"')).toBe(expected));
});

describe('request ids', () => {
  it.each(['abc-123', 'a'.repeat(128), '01J.x_y'])('takes %j', (id) => expect(requestIdFrom(id)).toBe(id));

  it.each([undefined, '', 'a b', 'a\nb', '<script>', 'ü', 'a'.repeat(129)])('makes one for %j', (id) => {
    expect(requestIdFrom(id)).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('the name of a raw body', () => {
  const latin1 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

  it.each([
    [{ 'content-disposition': 'attachment; filename="a b.jpg"' }, '', 'a b.jpg'],
    [{ 'content-disposition': 'inline; filename=plain.jpg' }, '', 'plain.jpg'],
    [{ 'content-disposition': 'attachment; filename="a\\"b.jpg"' }, '', 'a"b.jpg'],
    [
      { 'content-disposition': `attachment; filename="x.jpg"; filename*=UTF-8''na%C3%AFve.jpg` },
      '',
      'naïve.jpg',
    ],
    [{ 'content-disposition': `attachment; filename="${latin1('naïve.jpg')}"` }, '', 'naïve.jpg'],
    [{ 'content-disposition': 'attachment' }, 'filename=from-query.jpg', 'from-query.jpg'],
    [{ 'x-filename': 'na%C3%AFve.jpg' }, '', 'naïve.jpg'],
    [{ 'x-filename': latin1('日本.jpg') }, '', '日本.jpg'],
    [{ 'x-filename': '100%.jpg' }, '', '100%.jpg'],
    [{ 'x-filename': 'second.jpg' }, 'filename=first.jpg', 'first.jpg'],
    [{}, 'filename=..%2F..%2Fx.jpg', '../../x.jpg'],
    [{}, '', ''],
  ])('%j %j', (headers, query, expected) => {
    const header = (name: string) => (headers as Record<string, string>)[name];
    expect(sentFilename(header, new URLSearchParams(query))).toBe(expected);
  });
});

describe('wishes for a file', () => {
  it.each([
    [[], {}],
    [[['pipeline', 'web']], { pipeline: 'web' }],
    [[['pipeline', '']], {}],
    [[['tags', '{"team":"web"}']], { tags: { team: 'web' } }],
    [[['tag.team', 'web']], { tags: { team: 'web' } }],
    [
      [
        ['tags', '{"a":"1","b":"1"}'],
        ['tag.b', '2'],
      ],
      { tags: { a: '1', b: '2' } },
    ],
    [[['tags', '']], {}],
  ] as [[string, string][], object][])('%j', (pairs, expected) =>
    expect(readWishes(pairs)).toEqual(expected),
  );

  it.each([
    [['tags', 'team=web'], 'tags must be a JSON object'],
    [['tags', '["web"]'], 'tags must be a JSON object'],
    [['tags', '{"team":1}'], 'tags.team'],
    [['tag.a b', 'x'], 'tags["a b"]: must have a name of 1 to 128 characters'],
    [['tag.__proto__', 'x'], 'tags.__proto__: cannot be the name of a tag'],
    [['tags', '{"__proto__":"x"}'], 'tags.__proto__: cannot be the name of a tag'],
    [['tag.long', 'x'.repeat(257)], 'tags.long'],
  ] as [[string, string], string][])('refuses %j', (pair, words) => {
    expect(() => readWishes([pair])).toThrow(words);
  });
});
