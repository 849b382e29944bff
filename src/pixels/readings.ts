import { makeBlurhash } from './blurhash.ts';
import { makePalette } from './palette.ts';
import { makePlaceholder } from './placeholder.ts';
import type { Raster } from './raster.ts';
import type { Rendered, RenderPlan } from './render-plan.ts';

/** What is told of a frame besides its outputs. */
export type Readings = Pick<Rendered, 'placeholder' | 'blurhash' | 'palette'>;

type Asked = Pick<RenderPlan, 'placeholderFrom' | 'blurhashFrom' | 'paletteFrom'>;

/** What the plan wants to know of this frame. */
export async function readingsOf(
  { placeholderFrom, blurhashFrom, paletteFrom }: Asked,
  frame: string,
  raster: Raster,
): Promise<Readings> {
  return {
    ...(placeholderFrom === frame && { placeholder: await makePlaceholder(raster) }),
    ...(blurhashFrom === frame && { blurhash: await makeBlurhash(raster) }),
    ...(paletteFrom?.frame === frame && { palette: await makePalette(raster, paletteFrom.colors) }),
  };
}
