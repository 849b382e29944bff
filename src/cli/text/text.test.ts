import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  formatSaved,
  formatTime,
  plain,
} from './format.ts';
import { bar, Progress, progressText } from './progress.ts';
import { formatTable } from './table.ts';
import { displayWidth, fitted } from './width.ts';

describe('figures', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [9949, '9.9 kB'],
    [9951, '10 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [52_428_800, '52 MB'],
    [1e18, '1000 PB'],
  ])('%d bytes: %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [999.6, '1.0 s'],
    [1449, '1.4 s'],
    [9949, '9.9 s'],
    [9951, '10 s'],
    [59_499, '59 s'],
    [59_500, '1 m 00 s'],
    [125_000, '2 m 05 s'],
    [11_400_000, '3 h 10 m'],
    [532_800_000, '6 d 4 h'],
  ])('%d ms: %s', (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));

  it('shares, rates, counts, times', () => {
    expect(formatSaved(1000, 380)).toBe('62 %');
    expect(formatSaved(1000, 1080)).toBe('-8 %');
    expect(formatSaved(1000, 1001)).toBe('0 %');
    expect(formatSaved(1000, 10_900)).toBe('-990 %');
    expect(formatSaved(100, 3200)).toBe('x 32');
    expect(formatSaved(1, 1e9)).toBe('x 9999+');
    expect(formatSaved(0, 10)).toBe('-');
    expect(formatRate(6.21)).toBe('6.2/s');
    expect(formatRate(120)).toBe('120/s');
    expect(formatRate(0.05)).toBe('3.0/min');
    expect(formatCount(1, 'photo')).toBe('1 photo');
    expect(formatCount(1000, 'photo')).toBe('1,000 photos');
    expect(formatCount(0, 'entry', 'entries')).toBe('0 entries');
    expect(formatTime('2025-06-01T10:20:30.123Z')).toBe('2025-06-01 10:20:30Z');
  });

  it('text from elsewhere cannot steer the terminal', () => {
    expect(plain('\x1b[2Jcat\u202egpj.exe\n')).toBe('\ufffd[2Jcat\ufffdgpj.exe\ufffd');
    expect(plain('Käse 🧀 名前.jpg')).toBe('Käse 🧀 名前.jpg');
  });
});

describe('width', () => {
  it.each([
    ['cat.jpg', 7],
    ['Käse', 4],
    ['名前', 4],
    ['🧀', 2],
    ['👩‍👩‍👧', 2],
    ['e\u0301', 1],
  ])('%s takes %d columns', (text, width) => expect(displayWidth(text)).toBe(width));

  it.each([
    ['short.jpg', 10, 'short.jpg'],
    ['a-very-long-name_0001.jpg', 11, 'a-ver…1.jpg'],
    ['名前名前名前', 6, '名…前'],
    ['👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 5, '👩‍👩‍👧…👩‍👩‍👧'],
  ])('%s in %d columns', (text, width, result) => {
    expect(fitted(text, width)).toBe(result);
    expect(displayWidth(result)).toBeLessThanOrEqual(width);
  });
});

it('a table keeps its columns straight', () => {
  const columns = [
    { title: 'photo', atMost: 8 },
    { title: 'in', align: 'right' as const },
    { title: 'status' },
  ];
  const rows = [
    ['cat.jpg', '1.2 MB', 'done'],
    ['名前.png', '9 B', 'failed'],
    ['a-long-name.jpg', '', ''],
  ];
  expect(formatTable(columns, rows)).toEqual([
    'photo         in  status',
    'cat.jpg   1.2 MB  done',
    '名前.png     9 B  failed',
    'a-lo…jpg',
  ]);
});

describe('progress', () => {
  function screen(isTTY: boolean) {
    const written: string[] = [];
    return { written, isTTY, columns: 100, write: (text: string) => written.push(text) };
  }

  it.each([
    [0, 10, 5000, '0 of 10'],
    [5, 10, 2500, '5 of 10, 2.0/s, 2.5 s left'],
    [10, 10, 5000, '10 of 10, 2.0/s, 0 ms left'],
  ])('%d of %d after %d ms', (done, total, elapsed, text) => {
    expect(progressText(done, total, elapsed)).toBe(text);
  });

  it('fills its bar only at the end', () => {
    expect(bar(0, 7)).toBe('░'.repeat(24));
    expect(bar(6, 7)).toContain('░');
    expect(bar(7, 7)).toBe('█'.repeat(24));
  });

  it('draws a bar on a terminal, not too often, and makes room for lines above', () => {
    let now = 0;
    const out = screen(true);
    const progress = new Progress({ total: 100, screen: out, now: () => now });
    for (let done = 0; done < 50; done++) {
      now += 10;
      progress.advance();
    }
    expect(out.written).toHaveLength(6);
    expect(out.written.at(-1)).toBe(`\r\x1b[2K${bar(50, 100)} 50 of 100, 100/s, 500 ms left`);
    progress.above(() => out.write('a line\n'));
    expect(out.written.slice(-3)).toEqual(['\r\x1b[2K', 'a line\n', expect.stringContaining('50 of 100')]);
    progress.end();
    expect(out.written.at(-1)).toBe('\r\x1b[2K');
  });

  it('writes a plain line every ten seconds elsewhere', () => {
    let now = 0;
    const out = screen(false);
    const progress = new Progress({ total: 60, screen: out, now: () => now });
    for (let done = 0; done < 60; done++) {
      now += 1000;
      progress.advance();
    }
    progress.end();
    expect(out.written).toEqual([10, 20, 30, 40, 50].map((n) => `${n} of 60, 1.0/s, ${60 - n} s left\n`));
  });
});
