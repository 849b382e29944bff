import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { fenceLoaders } from '../../../pixels/loaders.ts';
import { PICTURE_FORMATS, type Probe } from '../../../pixels/picture.ts';
import { probe } from '../../../pixels/probe.ts';
import { render } from '../../../pixels/render.ts';
import type { RenderedOutput, RenderPlan } from '../../../pixels/render-plan.ts';
import type { DeliveryPlanRequest } from '../plan-delivery.ts';
import { planOf } from './plans.ts';

// as in every renderer process
fenceLoaders();

/** A picture on disk. */
export interface Original {
  readonly path: string;
  readonly probe: Probe;
}

/** Where pictures are really made, as queries ask for them. */
export interface Studio {
  keep(bytes: Buffer): Promise<Original>;
  make(
    original: Original,
    query: string,
    format: string,
    more?: Partial<DeliveryPlanRequest>,
  ): Promise<RenderedOutput>;
  /** In several formats. Their plans differ in nothing but how they are written, so the picture is made once. */
  makeAll(original: Original, query: string, formats: readonly string[]): Promise<readonly RenderedOutput[]>;
  close(): Promise<void>;
}

export async function openStudio(): Promise<Studio> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-delivery-'));
  const rendered = async (plan: RenderPlan) => {
    const { outputs } = await render(plan, await mkdtemp(join(folder, 'made-')));
    return outputs;
  };
  return {
    async keep(bytes) {
      const path = join(await mkdtemp(join(folder, 'kept-')), 'original');
      await writeFile(path, bytes);
      const limits = { formats: PICTURE_FORMATS, megapixels: 50, megapixelsByFormat: {} };
      return { path, probe: await probe(path, limits) };
    },
    async make({ path, probe: facts }, query, format, more) {
      const { plan } = planOf(`${query}&fm=${format}`, facts, { sourcePath: path, ...more });
      const [output, ...others] = await rendered(plan);
      if (!output || others.length > 0) throw new Error('a delivery is one picture');
      return output;
    },
    makeAll: ({ path, probe: facts }, query, formats) =>
      rendered(inOne(formats.map((fm) => planOf(`${query}&fm=${fm}`, facts, { sourcePath: path }).plan))),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

function inOne(plans: readonly RenderPlan[]): RenderPlan {
  const [first] = plans;
  if (!first || plans.some((plan) => !isDeepStrictEqual(workOf(plan), workOf(first)))) {
    throw new Error('plans for several formats are to differ in their outputs only');
  }
  const outputs = plans.flatMap(({ frames }) => frames.flatMap((frame) => frame.outputs));
  return { ...first, frames: first.frames.map((frame) => ({ ...frame, outputs })) };
}

function workOf({ frames }: RenderPlan) {
  return frames.map(({ from, operations }) => ({ from, operations }));
}
