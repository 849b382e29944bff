import { eachPage, pipelineOf, type Raster, toRaster } from '../raster.ts';

/** Turns the pixels upright by the EXIF orientation that came with them. Upright ones stay as they are. */
export async function orient(raster: Raster): Promise<Raster> {
  const turn = TURNS[raster.orientation];
  if (!turn) return { ...raster, orientation: 1 };
  return eachPage({ ...raster, orientation: 1 }, (page) => {
    const mirrored = turn.mirror ? pipelineOf(page)[turn.mirror]() : pipelineOf(page);
    return toRaster(mirrored.rotate(turn.degrees), page);
  });
}

interface Turn {
  /** before it is turned, as sharp does it: `flop` swaps left and right, `flip` top and bottom */
  readonly mirror?: 'flip' | 'flop';
  /** clockwise */
  readonly degrees: number;
}

/** EXIF 2.32, 4.6.4 A. */
const TURNS: Readonly<Record<number, Turn>> = {
  2: { mirror: 'flop', degrees: 0 },
  3: { degrees: 180 },
  4: { mirror: 'flip', degrees: 0 },
  5: { mirror: 'flip', degrees: 90 },
  6: { degrees: 90 },
  7: { mirror: 'flip', degrees: 270 },
  8: { degrees: 270 },
};
