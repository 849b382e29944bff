import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { estimateBytes } from './cost.ts';
import type { Probe, Size } from './picture.ts';
import { probe } from './probe.ts';
import type { Encoding, Frame, RenderPlan } from './render-plan.ts';
import { samplePath } from './testing/pictures.ts';
import {
  AVIF,
  JPEG,
  LIMITS,
  operations,
  output,
  PNG,
  planOf,
  temporaryFolder,
  WEBP,
} from './testing/plans.ts';

const MEGABYTE = 1e6;

function facts(size: Size, changes: Partial<Probe> = {}): Probe {
  return {
    format: 'jpeg',
    stored: size,
    viewed: size,
    orientation: 1,
    pages: 1,
    hasAlpha: false,
    isProgressive: false,
    depth: 8,
    space: 'srgb',
    hasProfile: false,
    metadata: {},
    ...changes,
  };
}

/** Shrunk to 1600 on load and written. */
function shrunk(encoding: Encoding = WEBP): RenderPlan {
  const size = { width: 1600, height: 1067 };
  const from = { decode: 'first', shrinkTo: size } as const;
  const list = operations({ op: 'orient' }, { op: 'resize', ...size });
  return planOf('x', [{ id: 'a', from, operations: list, outputs: [output('a', encoding)] }]);
}

/** Kept whole in memory and written in two formats. */
function whole(...encodings: Encoding[]): RenderPlan {
  const outputs = encodings.map((encoding) => output('a', encoding));
  return planOf('x', [
    { id: 'a', from: { decode: 'first' }, operations: operations({ op: 'orient' }), outputs },
  ]);
}

const FIFTY = { width: 8660, height: 5773 };
const estimate = (changes: Partial<Probe>, plan = shrunk()) =>
  estimateBytes(facts(FIFTY, changes), plan) / MEGABYTE;

describe('50 megapixels', () => {
  test('a baseline JPEG that is shrunk on load is cheap', () => {
    expect(estimate({})).toBeLessThan(300);
  });

  test('a progressive JPEG keeps its coefficients', () => {
    expect(estimate({ isProgressive: true })).toBeGreaterThan(estimate({}) + 200);
  });

  test('every format that is accepted at this size fits a renderer of 700 MB', () => {
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'tiff'] as const) {
      expect(estimate({ format, hasAlpha: format !== 'jpeg', isProgressive: true }), format).toBeLessThan(
        700,
      );
    }
    expect(
      estimateBytes(facts({ width: 5000, height: 5000 }, { format: 'avif' }), shrunk()) / MEGABYTE,
    ).toBeLessThan(700);
  });

  test('an AVIF of this size does not', () => {
    expect(estimate({ format: 'avif' })).toBeGreaterThan(900);
  });

  test('neither does writing one', () => {
    expect(estimate({}, whole(AVIF, JPEG))).toBeGreaterThan(1000);
  });

  test('one output goes straight through, two keep the picture', () => {
    expect(estimate({}, whole(JPEG, PNG))).toBeGreaterThan(estimate({}, whole(JPEG)) + 100);
  });
});

test('frames count as long as another is made from them', () => {
  const resize = (width: number) => operations({ op: 'resize', width, height: width });
  const frame = (id: string, from: Frame['from'], width: number): Frame => ({
    id,
    from,
    operations: resize(width),
    outputs: [],
  });
  const source = facts({ width: 100, height: 100 });
  const chain = planOf('x', [
    frame('a', { decode: 'first' }, 4000),
    frame('b', { frame: 'a' }, 4000),
    frame('c', { frame: 'b' }, 4000),
  ]);
  const star = planOf('x', [
    frame('a', { decode: 'first' }, 4000),
    frame('b', { frame: 'a' }, 4000),
    frame('c', { frame: 'a' }, 4000),
    frame('d', { frame: 'b' }, 10),
  ]);
  expect(estimateBytes(source, star) - estimateBytes(source, chain)).toBeGreaterThan(40 * MEGABYTE);
});

test('an animation is decoded in portions, its pages are not', () => {
  const size = { width: 640, height: 480 };
  const moving = facts(size, { format: 'gif', pages: 300, animation: { delays: [], loop: 0 } });
  const list = operations({ op: 'orient' }, { op: 'resize', width: 320, height: 240 });
  const frame: Frame = {
    id: 'a',
    from: { decode: 'all', shrinkTo: { width: 320, height: 240 } },
    operations: list,
    outputs: [],
  };
  const sized = estimateBytes(moving, planOf('x', [frame]));
  const full = estimateBytes(moving, planOf('x', [{ ...frame, from: { decode: 'all' }, operations: [] }]));
  expect(full - sized).toBeGreaterThan(200 * MEGABYTE);
  expect(sized).toBeLessThan(500 * MEGABYTE);
});

describe('measured in a process of its own', () => {
  const script = fileURLToPath(new URL('./testing/peak-memory.ts', import.meta.url));

  test.skipIf(process.platform !== 'linux')(
    'the estimate is above the peak, and below three times of it',
    async () => {
      const folder = await temporaryFolder();
      const path = join(folder, 'photo');
      const photo = sharp(samplePath('rocket.jpg')).resize(4200, 2800, { fit: 'fill' });
      await writeFile(path, await photo.jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer());
      const source = await probe(path, LIMITS);
      for (const plan of [
        shrunk(JPEG),
        whole({ ...JPEG, mozjpeg: false }, { ...JPEG, mozjpeg: false, quality: 20 }),
      ]) {
        const asked = JSON.stringify({ plan: { ...plan, source: { path, format: 'jpeg' } }, folder });
        const env = { MALLOC_ARENA_MAX: '2' };
        const peak = Number(execFileSync(process.execPath, [script, asked], { env, encoding: 'utf8' }));
        const estimated = estimateBytes(source, plan);
        expect(estimated).toBeGreaterThan(peak);
        expect(estimated).toBeLessThan(3 * peak);
      }
    },
  );
});
