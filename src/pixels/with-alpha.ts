import type { Raster } from './raster.ts';

/** A copy of the picture with an alpha channel: opaque where it had none. */
export function withAlpha(raster: Raster): Raster {
  if (raster.channels === 4) return { ...raster, data: Buffer.from(raster.data) };
  const data = Buffer.allocUnsafe((raster.data.length / 3) * 4);
  for (let from = 0, to = 0; from < raster.data.length; from += 3, to += 4) {
    data[to] = raster.data[from] ?? 0;
    data[to + 1] = raster.data[from + 1] ?? 0;
    data[to + 2] = raster.data[from + 2] ?? 0;
    data[to + 3] = 255;
  }
  return { ...raster, data, channels: 4 };
}
