import { describe, expect, it } from 'vitest';
import { dispositionFilename } from '../http/sent-filename.ts';
import { contentDisposition, processedName, withExtension } from './file-names.ts';
import { cacheControl } from './lifetime.ts';
import { readParameters } from './parameters.ts';

describe('names of downloads', () => {
  it.each([
    ['photo.jpg', 'jpeg', 'processed_photo.jpg'],
    ['photo.JPG', 'jpeg', 'processed_photo.JPG'],
    ['photo.jpeg', 'jpeg', 'processed_photo.jpeg'],
    ['photo.jpg', 'webp', 'processed_photo.webp'],
    ['archive.tar.gz', 'png', 'processed_archive.tar.png'],
    ['no extension', 'avif', 'processed_no extension.avif'],
    ['.hidden', 'webp', 'processed_.hidden.webp'],
    ['Ferien 2026.Nr 5', 'webp', 'processed_Ferien 2026.Nr 5.webp'],
    ['日本.png', 'webp', 'processed_日本.webp'],
  ] as const)('%s as %s is %s', (original, format, expected) => {
    expect(processedName(original, format)).toBe(expected);
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
    ['a variant that is named', 'pinned', [far], 'public, max-age=604800, immutable'],
    ['the best for whoever asks', 'negotiated', [far], 'public, max-age=3600'],
    ['while something better is made', 'provisional', [far], 'public, max-age=10'],
    ['an image that ends soon', 'pinned', [in_(90)], 'public, max-age=90, immutable'],
    ['a link that ends before its image', 'negotiated', [far, in_(7.9)], 'public, max-age=7'],
    ['the last second', 'pinned', [in_(0.9)], 'no-store'],
    ['what is over', 'negotiated', [in_(-5)], 'no-store'],
    ['no link', 'negotiated', [far, Number.POSITIVE_INFINITY], 'public, max-age=3600'],
  ] as const)('%s', (_name, permanence, ends, expected) => {
    expect(cacheControl(permanence, ends, now)).toBe(expected);
  });
});

describe('parameters of delivery', () => {
  it.each([
    ['', {}],
    ['v=medium&fm=jpg', { variant: 'medium', format: 'jpeg' }],
    ['fm=jpeg', { format: 'jpeg' }],
    ['dl=', { download: '' }],
    ['dl=cat.jpg', { download: 'cat.jpg' }],
    ['utm_source=x&ixlib=js-1&W=5', {}],
  ])('%j', (query, expected) => {
    expect(readParameters(new URLSearchParams(query))).toEqual(expected);
  });

  it.each([
    ['fm=bmp', 'fm must be one of jpg, webp, avif, png, gif; got "bmp"'],
    ['fm=', 'fm must be one of'],
    ['v=', 'v must be the name of a variant'],
    ['v=../raw', 'v must be the name of a variant'],
    [`v=${'a'.repeat(33)}`, 'v must be the name of a variant'],
    ['v=a&v=b', 'v is given 2 times'],
    [`dl=${'a'.repeat(256)}`, 'dl must be a file name'],
  ])('refuses %j', (query, words) => {
    expect(() => readParameters(new URLSearchParams(query))).toThrow(words);
  });
});
