import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactBytes, exactDuration, parseBytes, parseDuration } from './config-units.ts';

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5h', 5_400_000],
    ['10 m', 600_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['0s', 0],
    [' 1s ', 1000],
    ['0.001s', 1],
  ])('%j is %d ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(['30', '', 's', '-1s', '1y', '1h30m', '1S', '1e3s', '0.0001s', '99999999999999999d', '１s'])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it.each([
    [604_800_000, '7d'],
    [90_000, '90s'],
    [60_000, '1m'],
    [1001, '1001ms'],
    [0, '0ms'],
  ])('%d ms is written %s', (milliseconds, text) => {
    expect(exactDuration(milliseconds)).toBe(text);
  });
});

describe('sizes', () => {
  it.each([
    ['50MiB', 52_428_800],
    ['10MB', 10_000_000],
    ['10mb', 10_000_000],
    ['1.5 GiB', 1_610_612_736],
    ['1kB', 1000],
    ['1KB', 1000],
    ['1KiB', 1024],
    ['12B', 12],
    ['4096', 4096],
    ['0', 0],
  ])('%j is %d bytes', (text, size) => {
    expect(parseBytes(text)).toBe(size);
  });

  it.each(['', 'MB', '-1MB', '1 parsec', '0.3B', '1,5MB', '0x10', '9999999TiB'])('%j is none', (text) => {
    expect(parseBytes(text)).toBeUndefined();
  });

  it.each([
    [52_428_800, '50MiB'],
    [10_000_000, '10MB'],
    [1001, '1001B'],
    [0, '0B'],
  ])('%d bytes are written %s', (size, text) => {
    expect(exactBytes(size)).toBe(text);
  });
});

it('what is written is read back as the same value', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      expect(parseDuration(exactDuration(value))).toBe(value);
      expect(parseBytes(exactBytes(value))).toBe(value);
    }),
  );
});
