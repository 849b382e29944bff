import { describe, expect, it } from 'vitest';
import { hashKey, KEY_PATTERN, keyIdIn, makeKey, shownKey } from './key-format.ts';

describe('an API key', () => {
  const { key, keyId, hash } = makeKey();

  it('has the prefix and the length that scanners look for', () => {
    expect(key).toMatch(/^dr_live_[0-9A-Za-z]{61}$/);
    expect(key).toMatch(KEY_PATTERN);
    expect(shownKey(keyId)).toBe(`${key.slice(0, 20)}…`);
  });

  it('says which it is, and is kept as its hash', () => {
    expect(keyIdIn(key)).toBe(keyId);
    expect(hash).toBe(hashKey(key));
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is never made twice, and has every sign in it sooner or later', () => {
    const keys = Array.from({ length: 200 }, () => makeKey());
    expect(new Set(keys.map((each) => each.keyId)).size).toBe(200);
    expect(new Set(keys.flatMap((each) => [...each.key.slice(8)])).size).toBe(62);
  });

  it('checks out as a scanner elsewhere reckons it', () => {
    const fixed = 'dr_live_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs';
    expect(fixed).toHaveLength(63);
    // CRC-32 (IEEE 802.3) of those 63 bytes, in base 62 by 0-9A-Za-z, six digits
    expect(keyIdIn(`${fixed}1LzHPn`)).toBe('0123456789AB');
  });

  it('with any one letter wrong is no key, without a look into the store', () => {
    for (const [place, letter] of [...key].entries()) {
      const other = letter === 'x' ? 'y' : 'x';
      expect(keyIdIn(key.slice(0, place) + other + key.slice(place + 1)), String(place)).toBeUndefined();
    }
  });

  const others: [name: string, text: string][] = [
    ['nothing', ''],
    ['a key of before', 'dr_0123456789abcdefghijklmnopqrstuv'],
    ['one that is cut', key.slice(0, -1)],
    ['one that goes on', `${key}0`],
    ['one with a line end', `${key}\n`],
    ['another prefix', key.replace('live', 'test')],
  ];
  it.each(others)('is not %s', (_name, text) => {
    expect(keyIdIn(text)).toBeUndefined();
  });
});
