import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isFailure } from '../failures.ts';
import { verifyImgix } from './imgix-signature.ts';

const NOW = Date.UTC(2026, 10, 20);
const TOKEN = 'FOO123bar-token';
const signed = (target: string, token = TOKEN) => {
  const hash = createHash('md5')
    .update(token + target)
    .digest('hex');
  return `${target}${target.includes('?') ? '&' : '?'}s=${hash}`;
};
const outcome = (target: string, now = NOW) => {
  try {
    return verifyImgix(TOKEN, target, now).expiresAt;
  } catch (error) {
    if (isFailure(error)) return error.code;
    throw error;
  }
};

describe('a signature of imgix', () => {
  it('is the known one', () => {
    // printf 'FOO123bar-token/i/x/cat.jpg?w=400' | md5sum
    const known = '/i/x/cat.jpg?w=400&s=827f087d9dace1b9e8b174b4e044c3e9';
    expect(signed('/i/x/cat.jpg?w=400')).toBe(known);
    expect(outcome(known)).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    ['with parameters', '/i/x/cat.jpg?w=400&txt=a%20b', Number.POSITIVE_INFINITY],
    ['without parameters', '/i/x/cat.jpg', Number.POSITIVE_INFINITY],
    ['with an end', '/i/x/cat.jpg?w=400&expires=1795136400', 1_795_136_400_000],
    ['with exposure, which is no end', '/i/x/cat.jpg?exp=30', Number.POSITIVE_INFINITY],
    ['with an empty query', '/i/x/cat.jpg?', Number.POSITIVE_INFINITY],
  ])('verifies %s', (_, target, expiresAt) => {
    expect(outcome(signed(target))).toBe(expiresAt);
  });

  it('ends at the second that it names', () => {
    const target = signed('/i/x?expires=1795136400');
    expect(outcome(target, 1_795_136_399_999)).toBe(1_795_136_400_000);
    expect(outcome(target, 1_795_136_400_000)).toBe('signature_expired');
  });

  const good = signed('/i/x/cat.jpg?w=400&h=300');
  it.each([
    ['another token', signed('/i/x/cat.jpg?w=400', 'another-token-1')],
    ['another path', good.replace('cat', 'dog')],
    ['another value', good.replace('400', '401')],
    ['another order', good.replace('w=400&h=300', 'h=300&w=400')],
    ['a parameter after it', `${good}&q=1`],
    ['a parameter before it', good.replace('?', '?q=1&')],
    ['upper case', good.replace(/s=.*/, (hash) => `s=${hash.slice(2).toUpperCase()}`)],
    ['a signature that is cut', good.slice(0, -1)],
    ['a signature that is too long', `${good}0`],
    ['a question mark in the place of the last ampersand', good.replace('&s=', '?s=')],
    ['an ampersand in the place of the question mark', signed('/i/x/cat.jpg').replace('?s=', '&s=')],
    ['a name in disguise', good.replace('&s=', '&%73=')],
    ['two of them', signed(good)],
    ['two ends', signed('/i/x?expires=1895136400&expires=1895136400')],
    ['an end in disguise', signed('/i/x?%65xpires=1895136400')],
    ['an end that is none', signed('/i/x?expires=never')],
    ['bytes that no URL has', signed('/i/x?w=1\u0080\u0000')],
    ['a letter beyond ASCII', signed('/i/x?txt=\u00fc')],
    ['far too much', signed(`/i/x?txt=${'x'.repeat(9000)}`)],
    ['nothing', ''],
  ])('refuses %s', (_, target) => {
    expect(outcome(target)).toBe('signature_invalid');
  });
});
