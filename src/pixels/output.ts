import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sharp } from 'sharp';
import { encoded } from './encode.ts';
import { formats } from './formats.ts';
import type { KeptMetadata } from './metadata-write.ts';
import type { Size } from './picture.ts';
import { type Animation, pageOf, pipelineOf, type Raster, sizeOf } from './raster.ts';
import type { Output, RenderedOutput } from './render-plan.ts';
import { sharpFailure } from './sharp-failure.ts';

/** What is written where. */
export interface Destination {
  readonly outDir: string;
  readonly kept: KeptMetadata;
}

/** Writes a picture that is in memory. A format that does not move gets the first page of an animation. */
export function writeRaster(raster: Raster, output: Output, to: Destination): Promise<RenderedOutput> {
  const moves = formats[output.encoding.format].animation;
  const shown = moves ? raster : pageOf(raster, 0);
  const { animation } = shown;
  return writePipeline(
    pipelineOf(shown),
    { ...sizeOf(shown), pages: shown.pages, ...(animation && { animation }) },
    output,
    to,
  );
}

interface Shown extends Size {
  readonly pages: number;
  readonly animation?: Animation;
}

/**
 * Encodes a pipeline, hashes the bytes and writes them into the output folder.
 *
 * @throws Failure `image_too_large` (the format cannot hold the size), `image_corrupt` (where the pipeline still decodes),
 *   `storage_full`, `render_failed`
 */
export async function writePipeline(
  pipeline: Sharp,
  shown: Shown,
  output: Output,
  { outDir, kept }: Destination,
  phase: 'decoding' | 'encoding' = 'encoding',
): Promise<RenderedOutput> {
  const path = join(outDir, output.file);
  try {
    const writing = await kept.attach(encoded(pipeline, output.encoding, shown), output);
    const bytes = await kept.withProfile(await writing.toBuffer(), output, shown);
    // At once: the process has nothing else to do, and handing it to another thread costs more than writing it.
    writeFileSync(path, bytes);
    return {
      name: output.name,
      format: output.encoding.format,
      path,
      width: shown.width,
      height: shown.height,
      pages: shown.pages,
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    };
  } catch (error) {
    throw sharpFailure(error, phase);
  }
}
