import { encode } from 'blurhash';
import { fitInside } from './geometry.ts';
import { resized } from './operations/resize.ts';
import { pageOf, pipelineOf, type Raster, sizeOf } from './raster.ts';

/** pixels: more than enough for the few waves that are kept */
const SIDE = 32;
/** waves along the longer and the shorter side: what BlurHash's authors recommend, and imgix makes */
const WAVES = { long: 4, short: 3 } as const;

/** BlurHash of a picture, of the first page of an animation. It knows no transparency: that becomes white. */
export async function makeBlurhash(raster: Raster): Promise<string> {
  const page = pageOf(raster, 0);
  const size = fitInside(sizeOf(page), { width: SIDE, height: SIDE }, { enlarge: false });
  const small = resized(pipelineOf(page), size);
  const opaque = page.channels === 4 ? small.flatten({ background: '#ffffff' }) : small;
  const rgba = await opaque.ensureAlpha().raw().toBuffer();
  const isWide = page.width >= page.height;
  const [across, down] = isWide ? [WAVES.long, WAVES.short] : [WAVES.short, WAVES.long];
  return encode(new Uint8ClampedArray(rgba), size.width, size.height, across, down);
}
