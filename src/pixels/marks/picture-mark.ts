import { Failure } from '../../failures.ts';
import { viewedSize } from '../geometry.ts';
import { loadPicture, readHeader } from '../load.ts';
import { finishSizing, scaling } from '../operations/sized.ts';
import { type Raster, toRaster } from '../raster.ts';
import { isPlaced, resolveSizing, type SizedSpec } from '../sizing.ts';

/** pixels: what a mark may have before it is scaled */
const MAX_MARK_PIXELS = 50_000_000;

/**
 * A picture as a mark, upright, with alpha and sized as the spec says; the first page of an animation.
 *
 * @throws Failure `invalid_request` where the file cannot be decoded
 */
export async function pictureMark(path: string, spec: SizedSpec): Promise<Raster> {
  try {
    const header = await readHeader(path);
    const stored = { width: header.width, height: header.pageHeight ?? header.height };
    const sizing = resolveSizing(viewedSize(stored, header.orientation ?? 1), spec);
    const { crop, resize, cut } = sizing;
    const pipeline = scaling(loadPicture(path, header, { maxPixels: MAX_MARK_PIXELS }).autoOrient(), {
      ...(crop && isPlaced(crop) && { crop }),
      resize,
      ...(cut && isPlaced(cut) && { cut }),
    });
    return await finishSizing(await toRaster(pipeline.ensureAlpha(), { orientation: 1 }), sizing);
  } catch (cause) {
    throw new Failure(
      'invalid_request',
      'The image that mark names cannot be decoded. Name another, or leave mark out.',
      { cause, extra: { parameter: 'mark' } },
    );
  }
}
