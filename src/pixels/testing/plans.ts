import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { fenceLoaders } from '../loaders.ts';
import type { PictureFormat, ProbeLimits } from '../picture.ts';
import { PICTURE_FORMATS } from '../picture.ts';
import { render } from '../render.ts';
import type { Encoding, Frame, Operation, Output, RenderedOutput, RenderPlan } from '../render-plan.ts';

// as in every renderer process
fenceLoaders();

/** An empty folder that is gone when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-pixels-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The bytes as a file of their own. */
export async function fileOf(bytes: Uint8Array | string, name = 'source'): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, bytes);
  return path;
}

export const LIMITS: ProbeLimits = {
  formats: PICTURE_FORMATS,
  megapixels: 50,
  megapixelsByFormat: { avif: 25 },
};

export const PNG = { format: 'png', effort: 1, progressive: false } as const satisfies Encoding;
export const WEBP = { format: 'webp', quality: 80, effort: 4, lossless: false } as const satisfies Encoding;
export const JPEG = {
  format: 'jpeg',
  quality: 80,
  progressive: true,
  mozjpeg: true,
  background: '#ffffff',
} as const satisfies Encoding;
export const GIF = { format: 'gif', effort: 1, colours: 256 } as const satisfies Encoding;
export const AVIF = { format: 'avif', quality: 55, effort: 0, lossless: false } as const satisfies Encoding;

export function output(name: string, encoding: Encoding, keep: Output['keep'] = []): Output {
  return { name, file: `${name}.${encoding.format}`, encoding, keep, step: 'convert' };
}

/** An operation whose step does not matter. */
export type Bare = Unnamed<Operation>;
type Unnamed<T> = T extends unknown ? Omit<T, 'step'> : never;

/** Operations of steps that are named after them. */
export function operations(...list: readonly Bare[]): Operation[] {
  return list.map((operation) => ({ step: operation.op, ...operation }) as Operation);
}

export function planOf(path: string, frames: readonly Frame[], format: PictureFormat = 'png'): RenderPlan {
  return { source: { path, format }, frames };
}

/** Decodes a file, carries out the operations and writes one output. */
export async function renderOne(
  path: string,
  list: readonly Operation[],
  encoding: Encoding = PNG,
  options: { decode?: 'first' | 'all'; keep?: Output['keep'] } = {},
): Promise<RenderedOutput> {
  const frame: Frame = {
    id: 'only',
    from: { decode: options.decode ?? 'first' },
    operations: list,
    outputs: [output('only', encoding, options.keep)],
  };
  const { outputs } = await render(planOf(path, [frame]), await temporaryFolder());
  const [made] = outputs;
  if (!made) throw new Error('the plan has one output');
  return made;
}
