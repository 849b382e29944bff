import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_FILENAME_BYTES, normaliseFilename } from './file-name.ts';

describe('a file name', () => {
  it.each([
    ['a usual one', 'IMG_0001.JPG', 'IMG_0001.JPG'],
    ['parent folders', '../../etc/passwd', '.._.._etc_passwd'],
    ['a path of Windows', 'C:\\photos\\cat.jpg', 'C:_photos_cat.jpg'],
    ['a NUL', 'evil.jpg\0.html', 'evil.jpg.html'],
    ['line breaks', 'a\r\nSet-Cookie: b.jpg', 'aSet-Cookie: b.jpg'],
    ['line separators of Unicode', 'a\u2028b\u2029c', 'abc'],
    ['a right-to-left override', 'photo\u202Egpj.exe', 'photogpj.exe'],
    ['a right-to-left script with its mark', 'صورة\u200f.jpg', 'صورة\u200f.jpg'],
    ['an emoji of several characters', '👩‍👩‍👧.jpg', '👩‍👩‍👧.jpg'],
    ['decomposed letters', 'e\u0301te\u0301.jpg', 'été.jpg'],
    ['half of a surrogate pair', 'half\ud83d.jpg', 'half\ufffd.jpg'],
    ['space around it', '  cat.jpg \n', 'cat.jpg'],
    ['a device of Windows', 'CON', 'CON'],
    ['nothing', '', 'image'],
    ['only space', ' \t ', 'image'],
    ['only control characters', '\0\x01\x7f', 'image'],
    ['this folder', '.', 'image'],
    ['the parent folder', '..', 'image'],
    ['the parent folder in disguise', '.\0.', 'image'],
  ])('%s', (_, raw, kept) => {
    expect(normaliseFilename(raw)).toBe(kept);
  });

  it.each([
    ['keeps its extension', `${'n'.repeat(4092)}.jpg`, `${'n'.repeat(251)}.jpg`],
    ['loses an extension that is too long', `a.${'x'.repeat(400)}`, `a.${'x'.repeat(253)}`],
    ['is cut between characters', `${'🦊'.repeat(300)}.jpg`, `${'🦊'.repeat(62)}.jpg`],
    ['of just the most bytes stays', 'n'.repeat(255), 'n'.repeat(255)],
    ['is cut by bytes, not characters', 'é'.repeat(200), 'é'.repeat(127)],
  ])('one that is too long %s', (_, raw, kept) => {
    expect(normaliseFilename(raw)).toBe(kept);
  });

  it('whatever it was, is one line of text that fits and changes no more', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (raw) => {
        const kept = normaliseFilename(raw);
        expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(MAX_FILENAME_BYTES);
        expect(kept).not.toMatch(/[\p{Cc}\p{Cs}/\\]/u);
        expect(kept.length).toBeGreaterThan(0);
        expect(normaliseFilename(kept)).toBe(kept);
      }),
      { numRuns: 2_000 },
    );
  });
});
