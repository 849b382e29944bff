import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../images/clock.ts';
import { defaultPipeline } from './default-pipeline.ts';
import { type PipelineDocument, parsePipeline, stepNames } from './document.ts';
import { startRendererPool } from './renderer-pool.ts';
import type { Renderers } from './renderers.ts';
import { PipelineFailure, type PipelineRequest, runPipeline } from './run-pipeline.ts';

/** Real pictures in real renderer processes, good and bad. */

const MB = 2 ** 20;
const sample = (name: string) => fileURLToPath(new URL(`../../samples/${name}`, import.meta.url));
/**
 * 7000 x 7000 pixels of one colour in 1.4 KB, which take 900 MB to decode: one tile, as no generator of ours makes it in
 * little memory. Made by `sharp({ create: ... }).avif({ effort: 0 })`.
 */
const avifBomb = () => readFile(fileURLToPath(new URL('testing/49-megapixels.avif', import.meta.url)));
let renderers: Renderers;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-run-'));
  renderers = startRendererPool({
    processes: 2,
    deadlineMs: 20_000,
    memoryBytes: 1024 * MB,
    maxRssBytes: 620 * MB,
  });
});

afterAll(async () => {
  await renderers.close();
  await rm(folder, { recursive: true });
});

async function run(options: Partial<PipelineRequest> & Pick<PipelineRequest, 'sourcePath'>) {
  const outDir = await mkdtemp(join(folder, 'out-'));
  const request = { renderers, document: defaultPipeline, attempts: 1, clock: systemClock, outDir };
  return { outDir, ...(await runPipeline({ ...request, ...options })) };
}

async function failureOf(running: Promise<unknown>): Promise<PipelineFailure> {
  const failure = await running.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof PipelineFailure) return failure;
  throw new Error('it did not fail as a pipeline does', { cause: failure });
}

async function fileWith(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

describe('a good picture', () => {
  it('becomes every output of the document, and each step says what it did', async () => {
    const { outDir, rendered, probe, steps, deferred } = await run({
      sourcePath: sample('rocket.jpg'),
      attempts: 3,
    });
    expect(probe).toMatchObject({ format: 'jpeg', viewed: { width: 640, height: 427 } });
    expect((await readdir(outDir)).toSorted()).toEqual(
      rendered.outputs.map(({ path }) => path.slice(outDir.length + 1)).toSorted(),
    );
    for (const { path, width, height, format } of rendered.outputs) {
      expect(await sharp(path).metadata()).toMatchObject({ width, height, format });
    }
    expect(rendered.placeholder?.aspect_ratio).toBeCloseTo(640 / 427, 1);
    expect(steps.map(({ name }) => name)).toEqual(stepNames(defaultPipeline));
    expect(steps.every(({ attempts, status }) => attempts === 3 && status !== 'failed')).toBe(true);
    expect(steps.find(({ name }) => name === 'validate')?.duration_ms).toBeGreaterThan(0);
    expect(steps.find(({ name }) => name === 'convert')?.duration_ms).toBeGreaterThan(1);
    expect(steps.find(({ name }) => name === 'orient')).toMatchObject({ status: 'skipped' });
    expect(deferred.map(({ format }) => format)).toContain('avif');
    expect(steps.map(({ started_at }) => started_at)).toEqual(
      steps.map(({ started_at }) => started_at).toSorted(),
    );
  });

  it('gives the same bytes in whichever process it is rendered', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => run({ sourcePath: sample('chelsea.png') })));
    const hashes = runs.map(({ rendered }) => rendered.outputs.map(({ name, sha256 }) => [name, sha256]));
    expect(hashes[1]).toEqual(hashes[0]);
    expect(hashes[2]).toEqual(hashes[0]);
  });

  it('becomes one output alone, where only that is asked for', async () => {
    const only = { variant: 'thumbnail', format: 'avif' };
    const { rendered } = await run({ sourcePath: sample('coffee.png'), only });
    expect(rendered.outputs).toMatchObject([{ name: 'thumbnail', format: 'avif', width: 256 }]);
    expect(rendered.placeholder).toBeUndefined();
  });
});

describe('a bad picture fails with its code, in the step that found it', () => {
  const withAvif49 = withLimits({ max_megapixels: 60, max_megapixels_by_format: {} });
  const cases = [
    {
      name: 'text',
      code: 'unsupported_format',
      steps: ['validate failed'],
      bytes: async () => Buffer.from('not a picture, but long enough to be read as if it were one'),
    },
    {
      name: 'a JPEG cut in half',
      code: 'image_corrupt',
      steps: ['validate failed'],
      bytes: async () => (await readFile(sample('rocket.jpg'))).subarray(0, 50_000),
    },
    {
      name: 'too many pixels',
      code: 'image_too_large',
      steps: ['validate failed'],
      bytes: avifBomb,
    },
    {
      name: 'an AVIF that needs 900 MB, where its pixels are allowed',
      code: 'render_too_costly',
      steps: ['validate done', 'convert failed'],
      bytes: avifBomb,
      document: withAvif49,
    },
  ];
  it.each(cases)('$name: $code', async ({ name, code, steps, bytes, document = defaultPipeline }) => {
    const sourcePath = await fileWith(name, await bytes());
    const failure = await failureOf(run({ sourcePath, document }));
    expect(failure).toMatchObject({ code });
    expect(failure.steps.map((step) => `${step.name} ${step.status}`)).toEqual(steps);
    expect(failure.steps.at(-1)?.error).toEqual({ code, message: failure.message });
    await expect(run({ sourcePath: sample('rocket.jpg') })).resolves.toBeDefined();
  });

  it('an encoder that would take minutes is stopped at the deadline', async () => {
    const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
    const picture = sharp({ create: { width: 1000, height: 750, channels: 3, noise, background: '#000' } });
    const enlarged = picture.resize(4000, 3000, { kernel: 'nearest' });
    const sourcePath = await fileWith('noise.jpg', await enlarged.jpeg({ quality: 80 }).toBuffer());
    const document = parsePipeline({
      name: 'slow',
      steps: [
        { step: 'resize', variants: [{ name: 'full', width: 4000 }] },
        { step: 'convert', outputs: [{ format: 'avif', effort: 9 }] },
      ],
    });
    const start = performance.now();
    const failure = await failureOf(run({ sourcePath, document, deadlineMs: 1500 }));
    expect(failure).toMatchObject({ code: 'render_too_costly' });
    expect(failure.message).toContain('1.5 s');
    expect(performance.now() - start).toBeLessThan(15_000);
  });

  it('a run that nobody wants any more ends with the reason for that', async () => {
    const reason = new Error('nobody wants it');
    const outDir = join(folder, 'unwanted');
    await mkdir(outDir);
    const running = run({ sourcePath: sample('rocket.jpg'), signal: AbortSignal.abort(reason), outDir });
    await expect(running).rejects.toBe(reason);
    expect(await readdir(outDir)).toEqual([]);
  });
});

/** A document as no parser would let it pass. */
function withLimits(limits: object): PipelineDocument {
  const steps = defaultPipeline.steps.map((step) =>
    step.step === 'validate' ? { ...step, ...limits } : step,
  );
  return { ...defaultPipeline, steps };
}
