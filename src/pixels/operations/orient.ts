import { eachPage, pipelineOf, type Raster, toRaster } from '../raster.ts';

/** Turns the pixels upright by the EXIF orientation that came with them. Upright ones stay as they are. */
export async function orient(raster: Raster): Promise<Raster> {
  const turn = TURNS[raster.orientation];
  if (!turn) return { ...raster, orientation: 1 };
  return eachPage({ ...raster, orientation: 1 }, (page) => {
    const turned = pipelineOf(page).rotate(turn.degrees);
    return toRaster(turn.mirrored ? turned.flop() : turned, page);
  });
}

/** EXIF 2.32, 4.6.4 A: clockwise first, then mirrored left to right. */
const TURNS: Readonly<Record<number, { readonly degrees: number; readonly mirrored: boolean }>> = {
  2: { degrees: 0, mirrored: true },
  3: { degrees: 180, mirrored: false },
  4: { degrees: 180, mirrored: true },
  5: { degrees: 90, mirrored: true },
  6: { degrees: 90, mirrored: false },
  7: { degrees: 270, mirrored: true },
  8: { degrees: 270, mirrored: false },
};
