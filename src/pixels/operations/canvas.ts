import { blend } from '../blend.ts';
import { eachPage, pipelineOf, type Raster, toRaster } from '../raster.ts';
import type { Fill } from '../sizing.ts';
import { smoothly } from './blur.ts';

interface Ground {
  /** pixels */
  readonly width: number;
  readonly height: number;
  /** of the picture on it */
  readonly left: number;
  readonly top: number;
  readonly fill: Fill;
}

/** Lays the picture on a ground. A ground of the picture's own size costs nothing. */
export async function canvas(raster: Raster, ground: Ground): Promise<Raster> {
  if (ground.width === raster.width && ground.height === raster.height) return raster;
  const lay = ground.fill === 'blur' ? onItself : extended;
  return eachPage(raster, (page) => lay(page, ground));
}

function extended(page: Raster, { width, height, left, top, fill }: Ground): Promise<Raster> {
  const pipeline = pipelineOf(page).extend({
    left,
    top,
    right: width - page.width - left,
    bottom: height - page.height - top,
    ...(typeof fill === 'string'
      ? { extendWith: 'copy' }
      : { extendWith: 'background', background: fill.color }),
  });
  return toRaster(pipeline, page);
}

/** pixels: out of focus, a picture has no more detail than this has room for */
const BLURRED_SIDE = 160;
/** Gaussian, pixels of that */
const BLUR = 4;

/** The ground is the picture itself, large enough to cover it and out of focus. */
async function onItself(page: Raster, { width, height, left, top }: Ground): Promise<Raster> {
  const factor = Math.min(1, BLURRED_SIDE / Math.max(width, height));
  const small = pipelineOf(page)
    .resize(Math.ceil(width * factor), Math.ceil(height * factor), { fit: 'cover' })
    .blur(BLUR);
  const ground = await toRaster(smoothly(await toRaster(small, page), { width, height }), page);
  if (page.channels === 4) blend(ground, page, { left, top });
  else copyRows(page, ground, { left, top });
  return ground;
}

function copyRows(page: Raster, ground: Raster, { left, top }: { left: number; top: number }): void {
  const length = page.width * page.channels;
  for (let row = 0; row < page.height; row += 1) {
    const to = ((top + row) * ground.width + left) * ground.channels;
    page.data.copy(ground.data, to, row * length, (row + 1) * length);
  }
}
