import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '../../config.ts';
import { systemClock } from '../../images/clock.ts';
import { type Check, type Finding, failed, ok } from './check.ts';

const REINSTALL = 'run "npm ci" in the folder of Darkroom, without --omit=optional';

/** What works on pixels: sharp with its libvips, the renderer processes, the fonts. */
export const pixelChecks: readonly Check[] = [
  {
    name: 'sharp',
    mend: REINSTALL,
    async look() {
      const { default: sharp } = await import('sharp');
      const { formats } = await import('../../pixels/formats.ts');
      const { heif, nsgif, gif, ...rest } = sharp.format as unknown as Record<string, Capability | undefined>;
      const able: Record<string, Capability | undefined> = { ...rest, avif: heif, gif: nsgif ?? gif };
      const missing = Object.keys(formats).filter((format) => !able[format]?.input.file);
      const detail = `${sharp.versions.sharp}, libvips ${sharp.versions.vips}, reads ${Object.keys(formats).join(', ')}`;
      if (missing.length === 0) return ok(detail);
      return failed(`${sharp.versions.sharp} cannot read ${missing.join(', ')}`, REINSTALL);
    },
  },
  {
    name: 'renderers and fonts',
    mend: `${REINSTALL}; where it says "killed", raise DARKROOM_RENDERER_MAX_RSS`,
    async look(settings) {
      const folder = await mkdtemp(join(tmpdir(), 'darkroom-doctor-'));
      try {
        return await drawText(folder, settings);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  },
];

interface Capability {
  readonly input: { readonly file: boolean };
}

/**
 * Has a renderer draw two texts of as many letters on black. Without a font all letters become the same box, and the two
 * pictures would not differ; without ink they would stay black.
 */
async function drawText(folder: string, settings: Settings): Promise<Finding> {
  const { startRendererPool } = await import('../../pipeline/renderer-pool.ts');
  const renderers = startRendererPool({
    processes: 1,
    deadlineMs: settings.renderDeadlineMs,
    memoryBytes: settings.renderMemoryBytes,
    maxRssBytes: settings.rendererMaxRssBytes,
  });
  const startedAt = performance.now();
  try {
    const [narrow, wide] = [await ink('iiii', folder, renderers), await ink('WWWW', folder, renderers)];
    const took = `two pictures in ${Math.round(performance.now() - startedAt)} ms`;
    if (narrow === 0 || wide === 0) return failed('text leaves no ink', REINSTALL);
    if (narrow === wide)
      return failed('all letters are drawn as the same box: the font is not found', REINSTALL);
    return ok(`a renderer starts and draws text, ${took}`);
  } finally {
    await renderers.close();
  }
}

async function ink(
  text: string,
  folder: string,
  renderers: ReturnType<typeof import('../../pipeline/renderer-pool.ts').startRendererPool>,
): Promise<number> {
  const { default: sharp } = await import('sharp');
  const { parsePipeline } = await import('../../pipeline/document.ts');
  const { runPipeline } = await import('../../pipeline/run-pipeline.ts');
  const sourcePath = join(folder, 'black.png');
  await sharp({ create: { width: 320, height: 80, channels: 3, background: '#000000' } }).toFile(sourcePath);
  const document = parsePipeline({
    name: 'doctor',
    steps: [
      { step: 'watermark', text, place: 'center', opacity: 1, size: 0.5 },
      { step: 'convert', outputs: [{ format: 'png' }] },
    ],
  });
  const run = { renderers, document, sourcePath, outDir: folder, attempts: 1, clock: systemClock };
  const { rendered } = await runPipeline(run);
  // Its bytes, not its path: libvips may still remember the picture that was at this path before.
  const { channels } = await sharp(await readFile(rendered.outputs[0]?.path ?? '')).stats();
  return channels[0]?.sum ?? 0;
}
