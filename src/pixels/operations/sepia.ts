import type { Raster } from '../raster.ts';
import { type Matrix, recoloured, throughMatrix } from '../recolour.ts';
import type { Asked } from './apply.ts';

/** Brown, as old photographs: the matrix of `sepia()` in CSS (Filter Effects Module Level 1, 13.2). */
export async function sepia(raster: Raster, { amount }: Asked<'sepia'>): Promise<Raster> {
  return amount === 0 ? raster : recoloured(raster, throughMatrix(sepiaMatrix(amount / 100)));
}

function sepiaMatrix(share: number): Matrix {
  const rest = 1 - share;
  return [
    0.393 + 0.607 * rest,
    0.769 - 0.769 * rest,
    0.189 - 0.189 * rest,
    0.349 - 0.349 * rest,
    0.686 + 0.314 * rest,
    0.168 - 0.168 * rest,
    0.272 - 0.272 * rest,
    0.534 - 0.534 * rest,
    0.131 + 0.869 * rest,
  ];
}
