import { describe, expect, test } from 'vitest';
import type { Probe } from '../../pixels/picture.ts';
import { avifQuality, settleFormat } from './encoding.ts';
import { animationOf, frameOf, planOf, probeOf } from './testing/plans.ts';

const PHOTO = probeOf();
const LOGO = probeOf({ format: 'png', hasAlpha: true });

function outputOf(query: string, probe: Probe = PHOTO) {
  const [output] = frameOf(query, probe).outputs;
  return output;
}

describe('the format', () => {
  test.each<[string, Probe, string]>([
    ['fm=jpg', PHOTO, 'jpeg'],
    ['fm=pjpg', PHOTO, 'jpeg'],
    ['fm=png', PHOTO, 'png'],
    ['fm=png8', PHOTO, 'png'],
    ['fm=webp', PHOTO, 'webp'],
    ['fm=avif', PHOTO, 'avif'],
    ['fm=gif', PHOTO, 'gif'],
    // the family of the source
    ['', PHOTO, 'jpeg'],
    ['', LOGO, 'png'],
    ['', probeOf({ format: 'png' }), 'jpeg'],
    ['', probeOf({ format: 'tiff' }), 'jpeg'],
    ['', probeOf({ format: 'avif', hasAlpha: true }), 'png'],
    ['', animationOf(3), 'gif'],
    ['', animationOf(3, { format: 'webp' }), 'gif'],
    ['frame=2', animationOf(3), 'png'],
  ])('%s of %o', (query, probe, format) => {
    const output = outputOf(query, probe);
    expect(output?.encoding.format).toBe(format);
    expect(output?.file).toBe(`delivery.${format === 'jpeg' ? 'jpg' : format}`);
  });

  test('an answer is one output, named delivery', () => {
    expect(frameOf('w=100').outputs).toHaveLength(1);
    expect(outputOf('w=100')).toMatchObject({ name: 'delivery', step: 'encode' });
    expect(planOf('w=100').plan).toMatchObject({ source: { path: '/original', format: 'jpeg' } });
  });
});

describe('how it is written', () => {
  test.each<[string, object]>([
    ['fm=jpg', { quality: 75, progressive: false, mozjpeg: false, background: '#ffffff' }],
    ['fm=pjpg', { progressive: true }],
    ['auto=format', { progressive: true }],
    ['', { progressive: true }],
    ['fm=jpg&q=30', { quality: 30 }],
    ['fm=jpg&q=0', { quality: 1 }],
    ['fm=jpg&dpr=3&w=100', { quality: 75 }],
    ['fm=jpg&auto=compress', { quality: 45 }],
    ['fm=jpg&auto=compress&q=80', { quality: 80 }],
    ['fm=jpg&chromasub=444', { chroma: '4:4:4' }],
    ['fm=jpg&bg=80ff0000', { background: '#ff0000' }],
    ['fm=webp', { quality: 75, effort: 4, lossless: false }],
    ['fm=webp&lossless=true', { lossless: true }],
    ['fm=avif', { quality: 55, lossless: false }],
    ['fm=avif&q=100&chromasub=420', { quality: 100, chroma: '4:2:0' }],
    ['fm=avif&lossless=true', { lossless: true }],
    ['fm=png', { progressive: false }],
    ['fm=png8', { colours: 256 }],
    ['fm=png8&colorquant=8', { colours: 8 }],
    ['fm=png&colorquant=8', { colours: 8 }],
    ['fm=png&auto=compress', { colours: 256 }],
    ['fm=gif', { colours: 256 }],
    ['fm=gif&colorquant=16', { colours: 16 }],
  ])('%s', (query, expected) => {
    expect(outputOf(query)?.encoding).toMatchObject(expected);
  });

  test('PNG keeps all its colours, and JPEG its usual chroma, unless it is asked', () => {
    expect(outputOf('fm=png')?.encoding).not.toHaveProperty('colours');
    expect(outputOf('fm=jpg')?.encoding).not.toHaveProperty('chroma');
  });

  test('compression without a modern format: a palette for alpha, a JPEG for the rest', () => {
    expect(outputOf('auto=compress', LOGO)?.encoding).toMatchObject({ format: 'png', colours: 256 });
    expect(outputOf('auto=compress', PHOTO)?.encoding).toMatchObject({ format: 'jpeg', quality: 45 });
  });

  test('the quality of an AVIF rises with q, from the least to the most', () => {
    const qualities = Array.from({ length: 100 }, (_, index) => avifQuality(index + 1));
    expect(qualities).toEqual(qualities.toSorted((a, b) => a - b));
    expect([qualities[0], qualities[44], qualities[74], qualities[99]]).toEqual([1, 38, 55, 100]);
  });
});

describe('a format that cannot hold the picture', () => {
  test.each([
    ['avif', 6000, 6000, false, 'webp'],
    ['avif', 16_385, 100, false, 'jpeg'],
    ['webp', 16_384, 100, false, 'jpeg'],
    ['webp', 16_384, 100, true, 'png'],
    ['jpeg', 65_501, 100, false, 'png'],
    ['gif', 65_536, 100, false, 'png'],
  ] as const)('%s of %i x %i, alpha %s: %s', (asked, width, height, alpha, format) => {
    const settled = settleFormat(asked, { width, height }, alpha);
    expect(settled.format).toBe(format);
    expect(settled.note).toBe(`${format} instead of ${asked}, which cannot hold ${width} x ${height} pixels`);
  });

  test.each([
    ['avif', 5900, 6000],
    ['avif', 16_384, 100],
    ['webp', 16_383, 100],
    ['jpeg', 8192, 4882],
  ] as const)('%s holds %i x %i', (format, width, height) => {
    expect(settleFormat(format, { width, height }, false)).toEqual({ format });
  });

  test('the plan takes the next best, and says so', () => {
    const probe = probeOf({ stored: { width: 6200, height: 6200 } });
    const { plan, notes } = planOf('fm=avif', probe);
    expect(plan.frames[0]?.outputs[0]).toMatchObject({ file: 'delivery.webp', encoding: { format: 'webp' } });
    expect(notes).toEqual(['webp instead of avif, which cannot hold 6200 x 6200 pixels']);
  });
});
