import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probe } from '../pixels/probe.ts';
import { render } from '../pixels/render.ts';
import type { Rendered, RenderedOutput } from '../pixels/render-plan.ts';
import { defaultPipeline } from './default-pipeline.ts';
import { type PipelineDocument, parsePipeline, probeLimits, watermarkImages } from './document.ts';
import type { Planner } from './plan-request.ts';
import { planPipeline } from './planner.ts';
import { planStepByStep } from './step-by-step.ts';
import { pictureDistance } from './testing/picture-distance.ts';
import { documentOf } from './testing/plans.ts';

/**
 * The fused plan makes the pictures of the step-by-step plan. They may differ by how often a pixel was resampled and
 * rounded, which nobody sees: on real photographs, at most this much.
 */
const LOSSLESS = { mean: 1.5, ssim: 0.985 };
/** Lossy formats round what is nearly the same to different values: JPEG and WebP in blocks, GIF to 256 colours. */
const LOSSY = { mean: 1.5, ssim: 0.97 };
/** Stretching a dark picture stretches its rounding too. */
const STRETCHED = { mean: 3, ssim: 0.96 };
const PALETTE = { mean: 3, ssim: 0.9 };

const sample = (name: string) => fileURLToPath(new URL(`../../samples/${name}`, import.meta.url));
/** large enough to be shrunk on load */
const hubble = sample('hubble_deep_field.jpg');
/** fur */
const cat = sample('chelsea.png');

let folder: string;
/** a part of it: stars on black, the hardest for filters that are not linear */
let stars: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-planner-'));
  stars = join(folder, 'stars.jpg');
  await sharp(hubble)
    .extract({ left: 300, top: 300, width: 360, height: 300 })
    .jpeg({ quality: 95 })
    .toFile(stars);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function make(planner: Planner, document: PipelineDocument, sourcePath: string): Promise<Rendered> {
  const outDir = await mkdtemp(join(folder, 'out-'));
  const header = await probe(sourcePath, probeLimits(document));
  const markPaths = Object.fromEntries(watermarkImages(document).map((path) => [path, path]));
  return render(planner({ document, probe: header, sourcePath, markPaths }).plan, outDir);
}

const byFile = (outputs: readonly RenderedOutput[]) =>
  outputs.toSorted((a, b) => a.path.split('/').at(-1)?.localeCompare(basename(b.path)) ?? 0);

/** The largest distance between what two ways make of a photograph; everything but the pixels must be equal. */
async function compare(document: PipelineDocument, sourcePath: string) {
  const fused = await make(planPipeline, document, sourcePath);
  const stepByStep = await make(planStepByStep, document, sourcePath);
  const facts = ({ outputs }: Rendered) =>
    byFile(outputs).map(({ path, format, width, height, pages }) => [
      basename(path),
      format,
      width,
      height,
      pages,
    ]);
  expect(facts(fused)).toEqual(facts(stepByStep));
  return farthest(fused, stepByStep);
}

async function farthest(one: Rendered, other: Rendered) {
  const pairs = byFile(other.outputs).map((output, index) => [byFile(one.outputs)[index]?.path, output.path]);
  const distances = await Promise.all(pairs.map(([a = '', b = '']) => pictureDistance(a, b)));
  return {
    mean: Math.max(...distances.map(({ mean }) => mean)),
    ssim: Math.min(...distances.map(({ ssim }) => ssim)),
  };
}

function expectAlike({ mean, ssim }: { mean: number; ssim: number }, tolerance = LOSSLESS) {
  expect(mean).toBeLessThan(tolerance.mean);
  expect(ssim).toBeGreaterThan(tolerance.ssim);
}

const png = { step: 'convert', outputs: [{ format: 'png', effort: 1 }] };
const inside = (name: string, side: number) => ({ name, width: side, height: side });
const sizes = { step: 'resize', variants: [inside('l', 300), inside('m', 112), inside('s', 48)] };
const smallSizes = { step: 'resize', variants: [inside('m', 112), inside('s', 48)] };
const closeSizes = {
  step: 'resize',
  variants: [240, 225, 210, 180, 150].map((side) => inside(`a${side}`, side)),
};
const crops = {
  step: 'resize',
  variants: [
    inside('whole', 300),
    { ...inside('left', 150), fit: 'cover', position: 'left' },
    { name: 'eye', width: 150, height: 90, fit: 'cover', position: 'attention' },
    { name: 'busy', width: 90, height: 150, fit: 'cover', position: 'entropy' },
    { ...inside('exact', 135), fit: 'exact' },
    { ...inside('blown-up', 450), enlarge: true },
  ],
};
const twoCrops = { ...crops, variants: crops.variants.slice(1, 3) };
const filter = (it: object) => ({ step: 'filter', ...it });
const watermark = (it: object) => ({ step: 'watermark', size: 0.4, ...it });

describe('the fused plan makes the pictures of the step-by-step plan', () => {
  const documents: [string, object[], typeof LOSSLESS?][] = [
    ['sizes', [sizes]],
    ['sizes close to one another', [closeSizes]],
    ['crops', [crops]],
    ['flip, then crops', [filter({ flip: 'horizontal' }), crops]],
    ['crops, then flip', [crops, filter({ flip: 'vertical' })]],
    ['greyscale before', [filter({ greyscale: true }), sizes]],
    ['greyscale after', [sizes, filter({ greyscale: true })]],
    ['modulate before', [filter({ modulate: { brightness: 1.2, saturation: 1.5, hue: 40 } }), sizes]],
    ['modulate after', [sizes, filter({ modulate: { brightness: 1.2, saturation: 1.5, hue: 40 } })]],
    ['gamma before', [filter({ gamma: 3 }), sizes]],
    ['gamma after', [sizes, filter({ gamma: 3 })]],
    ['tint before', [filter({ tint: '#aa6633' }), sizes]],
    ['tint after', [sizes, filter({ tint: '#aa6633' })]],
    ['blur before', [filter({ blur: 4 }), sizes]],
    ['blur before small sizes', [filter({ blur: 4 }), smallSizes]],
    ['blur after', [sizes, filter({ blur: 4 })]],
    ['sharpen before', [filter({ sharpen: { sigma: 2 } }), sizes]],
    ['sharpen before small sizes', [filter({ sharpen: { sigma: 2 } }), smallSizes]],
    ['sharpen after', [sizes, filter({ sharpen: {} })]],
    ['normalise before', [filter({ normalise: true }), sizes]],
    ['normalise after', [sizes, filter({ normalise: true })], STRETCHED],
    ['trim before', [filter({ trim: { threshold: 30 } }), crops]],
    ['quarter turn before', [filter({ rotate: { angle: 90 } }), crops]],
    ['oblique turn before', [filter({ rotate: { angle: 12 } }), crops]],
    ['oblique turn after', [sizes, filter({ rotate: { angle: 12, background: '#11223344' } })]],
    ['several filters', [filter({ tint: '#aa6633' }), filter({ blur: 2 }), filter({ gamma: 2 }), crops]],
    ['text mark after', [crops, watermark({ text: '© Darkroom' })]],
    ['text mark before', [watermark({ text: '© Darkroom', place: 'tile' }), sizes]],
    ['image mark', [sizes, watermark({ image: cat, place: 'top-left', size: 0.2 })]],
  ];

  it.each(documents)('%s', async (_, steps, tolerance) => {
    const document = parsePipeline({ name: 'test', steps: [...steps, png] }, { localFiles: true });
    expectAlike(await compare(document, stars), tolerance);
  });

  it('in the default pipeline with its own formats', async () => {
    expectAlike(await compare(defaultPipeline, cat), LOSSY);
  });

  it('where all sizes are so small that the file is shrunk on load', async () => {
    const document = documentOf(smallSizes, png);
    expectAlike(await compare(document, hubble));
  });

  it.each([2, 3, 5, 6, 8])('with EXIF orientation %d', async (orientation) => {
    const lying = join(folder, `lying-${orientation}.jpg`);
    await sharp(stars).withMetadata({ orientation }).jpeg({ quality: 95 }).toFile(lying);
    expectAlike(await compare(documentOf(filter({ flip: 'horizontal' }), twoCrops, png), lying));
  });

  it('with transparency', async () => {
    const holed = join(folder, 'holed.png');
    const raw = { width: 451, height: 300, channels: 1 as const };
    await sharp(cat).removeAlpha().joinChannel(disc(raw), { raw }).png().toFile(holed);
    const outputs = [{ format: 'png', effort: 1 }, { format: 'jpeg' }];
    const document = documentOf(filter({ gamma: 2 }), crops, { step: 'convert', outputs });
    expectAlike(await compare(document, holed));
  });

  it('of an animation, moving and still', async () => {
    const panned = join(folder, 'panned.webp');
    const frames = await Promise.all(
      [0, 60, 120, 180].map((left) =>
        sharp(cat).extract({ left, top: 20, width: 240, height: 200 }).toBuffer(),
      ),
    );
    await sharp(frames, { join: { animated: true } })
      .webp({ delay: [80, 80, 80, 80] })
      .toFile(panned);
    const variants = [
      inside('l', 200),
      inside('s', 80),
      { ...inside('c', 90), fit: 'cover', position: 'right' },
    ];
    const outputs = [
      { format: 'webp', lossless: true, effort: 0 },
      { format: 'gif', effort: 1 },
      { format: 'jpeg' },
    ];
    const document = documentOf(
      filter({ modulate: { saturation: 1.4 } }),
      { step: 'resize', variants },
      watermark({ text: 'me' }),
      { step: 'convert', outputs },
    );
    expectAlike(await compare(document, panned), PALETTE);
  });
});

/** White on black, with an edge of a pixel in between. */
function disc({ width, height }: { width: number; height: number }): Buffer {
  const pixels = Array.from({ length: width * height }, (_, at) => {
    const fromMiddle = Math.hypot((at % width) - 200, Math.floor(at / width) - 150);
    return Math.min(255, Math.max(0, 255 * (140.5 - fromMiddle)));
  });
  return Buffer.from(pixels);
}

describe('the measure sees what a planner could do wrong', () => {
  it.each<[string, object[], object[]]>([
    ['a forgotten flip', [filter({ flip: 'horizontal' }), sizes], [sizes]],
    ['a forgotten gamma', [filter({ gamma: 1.2 }), sizes], [sizes]],
    ['a forgotten sharpening', [filter({ sharpen: { sigma: 2 } }), sizes], [sizes]],
    ['a blur at the wrong size', [filter({ blur: 2 }), sizes], [sizes, filter({ blur: 2 })]],
    ['a forgotten mark', [sizes, watermark({ text: '© Darkroom' })], [sizes]],
    [
      'a crop twenty pixels off',
      [{ step: 'resize', variants: [{ ...inside('a', 200), fit: 'cover', position: 'left' }] }],
      [{ step: 'resize', variants: [{ ...inside('a', 200), fit: 'cover', position: 'center' }] }],
    ],
  ])('%s', async (_, right, wrong) => {
    const one = await make(planPipeline, documentOf(...right, png), cat);
    const other = await make(planPipeline, documentOf(...wrong, png), cat);
    const { mean, ssim } = await farthest(one, other);
    expect(mean > LOSSLESS.mean || ssim < LOSSLESS.ssim).toBe(true);
  });
});

it('the placeholder is the same either way', async () => {
  const fused = (await make(planPipeline, defaultPipeline, cat)).placeholder;
  const plain = (await make(planStepByStep, defaultPipeline, cat)).placeholder;
  expect(fused?.aspect_ratio).toBe(plain?.aspect_ratio);
  expect(colourDistance(fused?.dominant_color, plain?.dominant_color)).toBeLessThan(4);
});

function colourDistance(one = '', other = ''): number {
  const channels = (colour: string) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return Math.max(
    ...channels(one).map((channel, index) => Math.abs(channel - (channels(other)[index] ?? Number.NaN))),
  );
}
