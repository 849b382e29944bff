import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { SNIFF_BYTES, sniffFormat } from './sniff.ts';
import { samplePath } from './testing/pictures.ts';

const photo = () => sharp(samplePath('rocket.jpg')).resize(32);

const pictures: [string, string, () => Promise<Buffer>][] = [
  ['jpeg', 'a photograph', () => readFile(samplePath('rocket.jpg'))],
  ['png', 'a photograph', () => readFile(samplePath('coffee.png'))],
  ['jpeg', 'written by sharp', () => photo().jpeg().toBuffer()],
  ['gif', 'written by sharp', () => photo().gif().toBuffer()],
  ['webp', 'lossy', () => photo().webp().toBuffer()],
  ['webp', 'lossless', () => photo().webp({ lossless: true }).toBuffer()],
  ['avif', 'written by sharp', () => photo().avif({ effort: 0 }).toBuffer()],
  ['tiff', 'little-endian', () => photo().tiff().toBuffer()],
  ['tiff', 'BigTIFF', () => photo().tiff({ bigtiff: true }).toBuffer()],
];

test.each(pictures)('%s: %s', async (format, _, make) => {
  const bytes = await make();
  expect(sniffFormat(bytes.subarray(0, SNIFF_BYTES))).toBe(format);
});

const headers: [string | undefined, string, string][] = [
  ['tiff', 'big-endian TIFF', 'MM\0*\0\0\0\b'],
  ['gif', 'the old GIF', 'GIF87a'],
  ['avif', 'AVIF as a compatible brand', '\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf'],
  ['avif', 'an AVIF sequence', '\0\0\0\x18ftypavis\0\0\0\0msf1avis'],
  [undefined, 'HEIC: the same container with HEVC', '\0\0\0\x18ftypheic\0\0\0\0mif1heic'],
  [undefined, 'a brand after the end of its box', '\0\0\0\x14ftypheic\0\0\0\0mif1avif'],
  [undefined, 'MP4', '\0\0\0\x18ftypmp42\0\0\0\0isommp42'],
  [undefined, 'SVG', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
  [undefined, 'SVG behind an XML declaration', '<?xml version="1.0"?><svg/>'],
  [undefined, 'HTML', '<!doctype html><script>alert(1)</script>'],
  [undefined, 'PDF', '%PDF-1.7'],
  [undefined, 'BMP', 'BM\x36\0\0\0'],
  [undefined, 'text', 'hello'],
  [undefined, 'a WAV, RIFF too', 'RIFF\0\0\0\0WAVEfmt '],
  [undefined, 'the start of a PNG signature', '\x89PNG\r\n'],
  [undefined, 'nothing', ''],
];

test.each(headers)('%s: %s', (format, _, header) => {
  expect(sniffFormat(Buffer.from(header, 'latin1'))).toBe(format);
});
