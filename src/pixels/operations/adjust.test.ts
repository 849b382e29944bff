import { describe, expect, test } from 'vitest';
import type { AdjustOperation } from '../render-plan.ts';
import { largestDifference, pixelAt } from '../testing/compare.ts';
import { changed, drawnRaster, meanOf, photoRaster, plainRaster } from '../testing/rasters.ts';

type Asked = Omit<AdjustOperation, 'op'>;

/** What becomes of a colour. */
async function adjusted(color: string, asked: Asked): Promise<[number, number, number]> {
  const [red = 0, green = 0, blue = 0] = pixelAt(
    await changed(await plainRaster(2, 2, color), { op: 'adjust', ...asked }),
    1,
    1,
  );
  return [red, green, blue];
}

/** Every grey from black to white. */
async function curve(asked: Asked): Promise<number[]> {
  const greys = drawnRaster(256, 1, (x) => [x, x, x]);
  const { data } = await changed(greys, { op: 'adjust', ...asked });
  return Array.from({ length: 256 }, (_, value) => data[value * 3] ?? 0);
}

const spread = (color: readonly number[]) => Math.max(...color) - Math.min(...color);
const luma = ([red = 0, green = 0, blue = 0]: readonly number[]) =>
  0.2126 * red + 0.7152 * green + 0.0722 * blue;

describe('light', () => {
  // black, a dark, the middle, a light grey, white
  const GREYS = [0, 50, 128, 205, 255];
  test.each([
    ['bri 50', { bri: 50 }, [64, 114, 192, 255, 255]],
    ['bri -50', { bri: -50 }, [0, 0, 64, 141, 191]],
    ['bri 100 makes middle grey white', { bri: 100 }, [128, 178, 255, 255, 255]],
    ['con 50 spreads from middle grey', { con: 50 }, [0, 0, 129, 255, 255]],
    ['con -100 leaves a quarter', { con: -100 }, [96, 108, 128, 147, 159]],
    ['exp 50 is twice the light', { exp: 50 }, [0, 72, 176, 255, 255]],
    ['exp -50 is half the light', { exp: -50 }, [0, 33, 92, 150, 188]],
    ['gam 50 lightens the middle', { gam: 50 }, [0, 113, 181, 229, 255]],
    ['gam -50 darkens it', { gam: -50 }, [0, 10, 64, 165, 255]],
    ['high -100 darkens the lights', { high: -100 }, [0, 47, 96, 153, 255]],
    ['shad 100 lightens the darks', { shad: 100 }, [0, 102, 160, 208, 255]],
  ] as const)('%s', async (_, asked, expected) => {
    const made = await curve(asked);
    for (const [at, value] of GREYS.entries()) {
      expect(Math.abs((made[value] ?? 0) - (expected[at] ?? 0))).toBeLessThanOrEqual(1);
    }
  });

  test.each(['bri', 'con', 'exp', 'gam', 'high', 'shad'] as const)(
    '%s never puts a lighter one below a darker',
    async (name) => {
      for (const amount of [-100, -37, -1, 1, 62, 100]) {
        const made = await curve({ [name]: amount });
        for (let value = 1; value < 256; value += 1) {
          expect(made[value]).toBeGreaterThanOrEqual(made[value - 1] ?? 0);
        }
      }
    },
  );

  test('works on each channel, in the order of its docs', async () => {
    expect(await adjusted('#204080', { bri: 50 })).toEqual([96, 128, 192]);
    const both = await curve({ bri: 50, con: 50 });
    // contrast comes after brightness: 64 is lifted to the middle and stays there
    expect(Math.abs((both[64] ?? 0) - 128)).toBeLessThanOrEqual(1);
  });
});

describe('colour', () => {
  test('sat -100 is grey of the same lightness, 100 twice as far from it', async () => {
    const [red, green, blue] = await adjusted('#a06040', { sat: -100 });
    expect([green, blue]).toEqual([red, red]);
    expect(Math.abs(red - luma([0xa0, 0x60, 0x40]))).toBeLessThanOrEqual(1);
    const strong = await adjusted('#a06040', { sat: 50 });
    expect(spread(strong)).toBe(0x60 * 1.5);
    expect(Math.abs(luma(strong) - luma([0xa0, 0x60, 0x40]))).toBeLessThanOrEqual(1);
  });

  test('greys have no saturation to gain, and no hue to turn', async () => {
    for (const asked of [{ sat: 100 }, { vib: 100 }, { hue: 90 }, { hue: 250, sat: 40, vib: -80 }]) {
      expect(await adjusted('#777777', asked)).toEqual([0x77, 0x77, 0x77]);
    }
  });

  test('vib does more to what is dull than to what is vivid', async () => {
    const gain = async (color: string, from: number) => spread(await adjusted(color, { vib: 60 })) / from;
    const [dull, vivid] = [await gain('#807870', 16), await gain('#b04020', 144)];
    expect(dull).toBeGreaterThan(1.4);
    expect(vivid).toBeGreaterThan(1);
    expect(vivid).toBeLessThan(dull - 0.2);
    expect(spread(await adjusted('#807870', { vib: -60 }))).toBeLessThan(16);
  });

  test.each([
    [120, 1],
    [240, 2],
  ] as const)('hue %d turns red to another channel', async (hue, strongest) => {
    const made = await adjusted('#a04040', { hue });
    expect(made[strongest]).toBe(Math.max(...made));
    expect(made[0]).toBeLessThan(0xa0);
  });

  test('hue 180 twice is where it was', async () => {
    const photo = await plainRaster(2, 2, '#907868');
    const there = await changed(photo, { op: 'adjust', hue: 180 });
    const back = await changed(there, { op: 'adjust', hue: 180 });
    expect(largestDifference(back.data, photo.data)).toBeLessThanOrEqual(2);
  });
});

describe('invert', () => {
  test('every channel becomes its opposite, twice is where it was', async () => {
    expect(await adjusted('#10a0ff', { invert: true })).toEqual([0xef, 0x5f, 0]);
    const photo = await photoRaster();
    const twice = await changed(photo, { op: 'adjust', invert: true }, { op: 'adjust', invert: true });
    expect(largestDifference(twice.data, photo.data)).toBe(0);
  });

  test('comes last', async () => {
    const [red] = await adjusted('#404040', { bri: 50, invert: true });
    expect(red).toBe(255 - 128);
  });
});

test('a photograph gets lighter, darker, stronger and paler as it is told', async () => {
  const photo = await photoRaster();
  const green = async (asked: Asked) => meanOf(await changed(photo, { op: 'adjust', ...asked }), 1);
  const before = meanOf(photo, 1);
  for (const asked of [{ bri: 20 }, { exp: 20 }, { gam: 20 }, { shad: 60 }]) {
    expect(await green(asked)).toBeGreaterThan(before + 3);
  }
  for (const asked of [{ bri: -20 }, { exp: -20 }, { gam: -20 }, { high: -60 }]) {
    expect(await green(asked)).toBeLessThan(before - 3);
  }
});
