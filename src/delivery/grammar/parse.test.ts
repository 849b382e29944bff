import { describe, expect, test } from 'vitest';
import { Failure } from '../../failures.ts';
import { parseDelivery } from './parse.ts';
import { names, parameterNames } from './table.ts';
import { type BadCase, together } from './testing/cases.ts';
import { facesCases } from './testing/faces-cases.ts';
import { frameCases } from './testing/frame-cases.ts';
import { lookCases } from './testing/look-cases.ts';
import { outputCases } from './testing/output-cases.ts';
import { overlayCases } from './testing/overlay-cases.ts';
import { sizeCases } from './testing/size-cases.ts';
import { sourceCases } from './testing/source-cases.ts';
import { turnCases } from './testing/turn-cases.ts';

const all = together(
  sizeCases,
  sourceCases,
  outputCases,
  lookCases,
  turnCases,
  frameCases,
  overlayCases,
  facesCases,
);

function only(names: readonly string[], section: unknown): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, Object(section)[name]]));
}

function refused(query: string): Failure {
  try {
    parseDelivery(query);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error(`${query} was taken`);
}

describe('what is read', () => {
  test.each(all.good)('$about: $name', ({ query, gives }) => {
    const request: Readonly<Record<string, unknown>> = { ...parseDelivery(query) };
    for (const [section, part] of Object.entries(gives)) {
      if (typeof part !== 'object') expect(request[section]).toBe(part);
      else expect(only(Object.keys(part), request[section])).toEqual(part);
    }
  });

  test('nothing asked for', () => {
    expect(parseDelivery('')).toStrictEqual({
      source: {},
      size: { fit: ['clip'], crop: [], focalPoint: { x: 0.5, y: 0.5, zoom: 1 }, fill: 'solid' },
      look: {},
      turn: { rotType: 'straighten' },
      frame: {},
      output: {
        autoFormat: false,
        autoCompress: false,
        hints: { width: false, dpr: false, saveData: false },
      },
    });
  });
});

describe('what is refused', () => {
  /** The parameter as it was sent is the first word of every message. */
  const sentName = ({ message, query }: BadCase) =>
    [...new URLSearchParams(query).keys()].find((key) => message.startsWith(`${key} `));

  test.each(all.bad)('$about: $name', (bad) => {
    const failure = refused(bad.query);
    expect(failure.code).toBe('invalid_request');
    expect(failure.message).toContain(bad.message);
    const named = String(failure.extra.parameter);
    expect(named).toBe(sentName(bad) ?? bad.about);
    expect(failure.message.startsWith(`${named} must`)).toBe(true);
  });
});

describe('given more than once', () => {
  test.each([
    ['twice', 'w=100&w=200', 'w', 'w is given 2 times. Give it once.'],
    ['twice the same', 'w=100&w=100', 'w', 'w is given 2 times. Give it once.'],
    ['three times', 'fm=png&fm=png&fm=png', 'fm', 'fm is given 3 times. Give it once.'],
    ['by name and alias', 'w=100&width=100', 'w', 'w is given 2 times (as w and width). Give it once.'],
    ['plain and base64', 'txt=a&txt64=YQ', 'txt', 'txt is given 2 times (as txt and txt64). Give it once.'],
    ['once hidden by an encoding', 'w=1&%77=2', 'w', 'w is given 2 times. Give it once.'],
  ])('%s', (_, query, parameter, message) => {
    expect(refused(query)).toMatchObject({ code: 'invalid_request', message, extra: { parameter } });
  });
});

describe('whose business it is not', () => {
  test.each([
    ['unknown parameters', 'utm_source=mail&W=5&w[]=5&w%00=5'],
    ['the name of a client', 'ixlib=js-3.8.0'],
    ['a signature of Darkroom', 'exp=1893456000&sig=k1.abcdef'],
    ['a signature of imgix', 'expires=1893456000&s=5a05eb'],
    ['names of what every object has', '__proto__=1&constructor=2&toString64=YQ'],
    ['a name that cannot be decoded', '%ff=1&%=2'],
    ['empty places', '&&=5&'],
    ['unknown parameters with values that cannot be decoded', 'ref=%ff'],
    ['unknown parameters, twice', 'a=1&a=2'],
  ])('%s', (_, query) => {
    expect(parseDelivery(query)).toStrictEqual(parseDelivery(''));
  });
});

describe('faces are not analysed here', () => {
  test.each([
    [
      'fit=facearea alone',
      'w=9&h=9&fit=facearea',
      'fit',
      'Name a fit to fall back to, as in fit=facearea,crop',
    ],
    [
      'crop=faces alone',
      'w=9&h=9&fit=crop&crop=faces',
      'crop',
      'Name a mode to fall back to, as in crop=faces,entropy',
    ],
    ['crop=faces where nothing is cut', 'crop=faces', 'crop', 'Name a mode'],
    ['face-blur', 'face-blur=20', 'face-blur', 'Leave it out.'],
    ['face-pixel', 'face-pixel=20', 'face-pixel', 'Leave it out.'],
  ])('%s', (_, query, parameter, mend) => {
    const failure = refused(query);
    expect(failure).toMatchObject({ code: 'analysis_off', extra: { parameter } });
    expect(failure.reaction.status).toBe(400);
    expect(failure.message).toContain(mend);
  });

  test.each([
    ['fit falls back', 'fit=facearea,fill'],
    ['crop falls back to an edge', 'fit=crop&crop=faces,top'],
    ['crop falls back to what is busy', 'fit=crop&crop=faces,entropy'],
  ])('%s', (_, query) => {
    expect(() => parseDelivery(query)).not.toThrow();
  });
});

describe('pairs that are decoded already', () => {
  test('mean what the query means', () => {
    const pairs = [
      ['txt', '1+1 = 100%'],
      ['w', '300'],
    ] as const;
    expect(parseDelivery(pairs)).toStrictEqual(parseDelivery('txt=1%2B1+%3D+100%25&w=300'));
  });

  test('halves of characters are no text', () => {
    expect(() => parseDelivery([['txt', 'a\ud800']])).toThrow('txt must be text');
  });
});

test('a question mark in front is no part of the first name', () => {
  expect(parseDelivery('?w=300')).toStrictEqual(parseDelivery('w=300'));
});

test('every parameter has cases of both kinds', () => {
  const good = new Set(all.good.map(({ about }) => about));
  const bad = new Set(all.bad.map(({ about }) => about));
  expect(parameterNames.filter((name) => !good.has(name) || !bad.has(name))).toEqual([]);
});

test('no name means two things', () => {
  const rows = parameterNames.length;
  const aliases = ['width', 'height'];
  const plain = [...names].filter(([, { isEncoded }]) => !isEncoded).map(([name]) => name);
  const encoded = [...names].filter(([, { isEncoded }]) => isEncoded).map(([name]) => name);
  expect(plain).toHaveLength(rows + aliases.length);
  expect(encoded).toHaveLength(rows + aliases.length - 2);
  expect(encoded).not.toContain('auto64');
  expect(encoded).not.toContain('ch64');
});
