import { describe, expect, it } from 'vitest';
import { dispositionFilename } from '../http/sent-filename.ts';
import { contentDisposition, extensionOf, processedName, withExtension } from './file-names.ts';
import { cacheControl } from './lifetime.ts';

describe('names of downloads', () => {
  it.each([
    ['photo.jpg', 'jpg', 'processed_photo.jpg'],
    ['photo.JPG', 'jpg', 'processed_photo.JPG'],
    ['photo.jpeg', 'jpg', 'processed_photo.jpeg'],
    ['photo.jpg', 'webp', 'processed_photo.webp'],
    ['archive.tar.gz', 'png', 'processed_archive.tar.png'],
    ['no extension', 'avif', 'processed_no extension.avif'],
    ['.hidden', 'webp', 'processed_.hidden.webp'],
    ['Ferien 2026.Nr 5', 'webp', 'processed_Ferien 2026.Nr 5.webp'],
    ['日本.png', 'webp', 'processed_日本.webp'],
  ] as const)('%s as %s is %s', (original, format, expected) => {
    expect(processedName(original, format)).toBe(expected);
  });

  it.each([
    ['image/jpeg', 'jpg'],
    ['image/avif', 'avif'],
    ['application/json', 'json'],
    ['text/css; charset=utf-8', 'css'],
    ['text/plain; charset=utf-8', 'txt'],
  ])('%s ends in .%s', (contentType, extension) => {
    expect(extensionOf(contentType)).toBe(extension);
  });

  it('completes the name that a caller gives', () => {
    expect(withExtension('cat', 'webp')).toBe('cat.webp');
  });

  it.each([
    ['photo.jpg', 'inline; filename="photo.jpg"'],
    [
      'a "quoted" name.jpg',
      `inline; filename="a _quoted_ name.jpg"; filename*=UTF-8''a%20%22quoted%22%20name.jpg`,
    ],
    ['naïve.jpg', `inline; filename="na_ve.jpg"; filename*=UTF-8''na%C3%AFve.jpg`],
    ["it's 100%.jpg", `inline; filename="it's 100_.jpg"; filename*=UTF-8''it%27s%20100%25.jpg`],
    ['😀.png', `inline; filename="_.png"; filename*=UTF-8''%F0%9F%98%80.png`],
    ['a\r\nSet-Cookie: b.jpg', 'inline; filename="a__Set-Cookie: b.jpg"'],
    ['../../etc/passwd', 'inline; filename=".._.._etc_passwd"'],
    ['photo\u202egpj.exe', 'inline; filename="photo_gpj.exe"'],
    [
      'lone \ud800 surrogate',
      `inline; filename="lone _ surrogate"; filename*=UTF-8''lone%20%EF%BF%BD%20surrogate`,
    ],
  ])('%j is written as %s', (name, expected) => {
    expect(contentDisposition('inline', name)).toBe(expected);
  });

  it('is read again as the same name by what reads such headers', () => {
    for (const name of ['photo.jpg', 'naïve "x" 100%.jpg', '日本 (1).webp', "it's.png"]) {
      expect(dispositionFilename(contentDisposition('attachment', name))).toBe(name);
    }
  });
});

describe('lifetimes', () => {
  const now = Date.parse('2026-11-20T12:00:00Z');
  const in_ = (seconds: number) => now + seconds * 1000;
  const far = in_(30 * 86_400);

  it.each([
    ['what the URL names for good', 'versioned', far, 'public, max-age=604800, immutable'],
    ['what may change', 'settled', far, 'public, max-age=3600, stale-while-revalidate=600'],
    ['while something better is made', 'provisional', far, 'public, max-age=10'],
    ['an image that ends soon', 'versioned', in_(90), 'public, max-age=90, immutable'],
    [
      'an end in the middle of what may be stale',
      'settled',
      in_(3700),
      'public, max-age=3600, stale-while-revalidate=100',
    ],
    ['an end before it may be stale', 'settled', in_(7.9), 'public, max-age=7'],
    ['the last second', 'versioned', in_(0.9), 'no-store'],
    ['what is over', 'settled', in_(-5), 'no-store'],
    ['no end', 'settled', Number.POSITIVE_INFINITY, 'public, max-age=3600, stale-while-revalidate=600'],
  ] as const)('%s', (_name, permanence, end, expected) => {
    expect(cacheControl(permanence, end, now)).toBe(expected);
  });
});
