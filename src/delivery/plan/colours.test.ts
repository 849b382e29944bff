import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADOBE_RGB, tagged } from '../../pixels/testing/colour-profiles.ts';
import { pixelAt } from '../../pixels/testing/compare.ts';
import { pixelsOf, plain } from '../../pixels/testing/pictures.ts';
import { planOf, probeOf } from './testing/plans.ts';
import { type Original, openStudio, type Studio } from './testing/studio.ts';

describe('what is planned', () => {
  const WIDE = probeOf({ hasProfile: true });

  test.each<[string, ReturnType<typeof probeOf>, object]>([
    ['fm=jpg', WIDE, { keep: ['profile'], notes: [] }],
    ['fm=jpg&cs=srgb', WIDE, { keep: ['profile'], notes: [] }],
    ['fm=jpg&cs=strip', WIDE, { keep: [], notes: [] }],
    ['fm=jpg&auto=compress', WIDE, { keep: [], notes: [] }],
    ['fm=jpg&auto=compress&cs=srgb', WIDE, { keep: ['profile'], notes: [] }],
    ['fm=jpg&cs=origin', WIDE, { keep: ['profile'], colours: 'own', notes: [] }],
    ['fm=webp&cs=origin&auto=compress', WIDE, { keep: ['profile'], colours: 'own', notes: [] }],
    ['fm=jpg&cs=origin', probeOf(), { keep: [], notes: [] }],
    [
      'fm=avif&cs=origin',
      WIDE,
      { keep: ['profile'], notes: ['colours are sRGB: avif keeps no others here'] },
    ],
    [
      'fm=jpg&cs=origin',
      probeOf({ hasProfile: true, space: 'cmyk' }),
      { keep: ['profile'], notes: ['colours are sRGB: those of the source are not RGB of 8 bits'] },
    ],
  ])('%s', (query, probe, { notes, ...expected }: { notes?: unknown }) => {
    const made = planOf(query, probe);
    const { path: _, format: __, ...source } = made.plan.source;
    expect({ keep: made.plan.frames[0]?.outputs[0]?.keep, ...source }).toEqual(expected);
    expect(made.notes).toEqual(notes);
  });
});

describe('what is made', () => {
  let studio: Studio;
  let wide: Original;
  let icc: Buffer;

  beforeAll(async () => {
    studio = await openStudio();
    const png = tagged(await plain(40, 30, '#c83232').png().toBuffer(), ADOBE_RGB);
    wide = await studio.keep(png);
    icc = (await sharp(png).metadata()).icc ?? Buffer.alloc(0);
  });

  afterAll(() => studio.close());

  test.each(['jpg', 'png', 'webp', 'png8'])(
    'cs=origin as %s: the numbers and the profile of the source',
    async (format) => {
      const { path } = await studio.make(wide, 'w=20&cs=origin&q=100&chromasub=444', format);
      expect((await sharp(path).metadata()).icc?.equals(icc)).toBe(true);
      const raw = await pixelsOf(await sharp(path, { ignoreIcc: true }).png().toBuffer());
      for (const [channel, value] of [200, 50, 50].entries()) {
        expect(Math.abs((pixelAt(raw, 10, 7)[channel] ?? 0) - value)).toBeLessThanOrEqual(4);
      }
    },
  );

  test.each(['jpg', 'png', 'webp'])('as %s otherwise: sRGB, which is another number', async (format) => {
    const { path } = await studio.make(wide, 'w=20&q=100', format);
    const { icc: profile } = await sharp(path).metadata();
    expect(profile?.length).toBeGreaterThan(100);
    expect(profile?.equals(icc)).toBe(false);
    const raw = await pixelsOf(await sharp(readFileSync(path), { ignoreIcc: true }).png().toBuffer());
    expect(pixelAt(raw, 10, 7)[0]).toBeGreaterThan(215);
  });

  test('cs=strip: sRGB without a profile', async () => {
    const { path } = await studio.make(wide, 'w=20&cs=strip', 'png');
    expect((await sharp(path).metadata()).hasProfile).toBe(false);
  });
});
