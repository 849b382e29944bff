import { join } from 'node:path';
import sharp from 'sharp';
import { defaultPipeline } from '../src/pipeline/default-pipeline.ts';
import { planPipeline } from '../src/pipeline/planner.ts';
import { fenceLoaders } from '../src/pixels/loaders.ts';
import { probe } from '../src/pixels/probe.ts';
import { render } from '../src/pixels/render.ts';

/** The ways of making the default pipeline's outputs that the service is compared with. */
export const loops: Record<string, (photo: string, outDir: string) => Promise<void>> = { plain, fused };

const SIZES = [1600, 800, 256];

/** What most people write: the original decoded again for every output. Same sizes, formats and settings. */
async function plain(photo: string, outDir: string): Promise<void> {
  sharp.concurrency(1);
  sharp.cache(false);
  for (const size of SIZES) {
    const resized = () =>
      sharp(photo).autoOrient().resize(size, size, { fit: 'inside', withoutEnlargement: true });
    await resized()
      .webp({ quality: 80, effort: 4 })
      .toFile(join(outDir, `${size}.webp`));
    await resized()
      .jpeg({ quality: 80, mozjpeg: true })
      .toFile(join(outDir, `${size}.jpg`));
  }
}

/** The same plan as the service's, carried out with nothing around it: what the service is measured against. */
async function fused(photo: string, outDir: string): Promise<void> {
  fenceLoaders();
  const limits = { formats: ['jpeg', 'png'] as const, megapixels: 50, megapixelsByFormat: {} };
  const facts = await probe(photo, limits);
  const { plan } = planPipeline({ document: defaultPipeline, probe: facts, sourcePath: photo });
  await render(plan, outDir);
}
