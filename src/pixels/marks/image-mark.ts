import { Failure } from '../../failures.ts';
import { loadPicture, readHeader } from '../load.ts';
import type { Size } from '../picture.ts';
import type { Raster } from '../raster.ts';
import { toRaster } from '../raster.ts';

/** pixels: a mark is a logo, and it is decoded whole for every variant */
const MAX_MARK_PIXELS = 25_000_000;

/**
 * A picture as a mark, as large as fits in the room.
 *
 * @throws Failure `invalid_pipeline` where the file is not a picture: the pipeline's fault, not the sender's
 */
export async function imageMark(path: string, room: Size): Promise<Raster> {
  try {
    const pipeline = loadPicture(path, await readHeader(path), { maxPixels: MAX_MARK_PIXELS });
    pipeline
      .autoOrient()
      .resize(room.width, room.height, { fit: 'inside', kernel: 'lanczos3' })
      .ensureAlpha();
    return await toRaster(pipeline, { orientation: 1 });
  } catch (cause) {
    throw new Failure(
      'invalid_pipeline',
      'The watermark image cannot be decoded. Upload an intact JPEG, PNG, GIF, WebP, AVIF or TIFF and name that in the pipeline.',
      { cause },
    );
  }
}
