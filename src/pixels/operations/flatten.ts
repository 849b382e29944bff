import { rgbaOf } from '../colours.ts';
import { pipelineOf, type Raster, toRaster } from '../raster.ts';
import type { Asked } from './apply.ts';

/** Lays a colour behind the picture. An opaque one leaves no alpha. */
export async function flatten(raster: Raster, { background }: Asked<'flatten'>): Promise<Raster> {
  const { rgb, alpha } = rgbaOf(background);
  if (raster.channels === 3 || alpha === 0) return raster;
  if (alpha === 1) return toRaster(pipelineOf(raster).flatten({ background }), raster);
  const data = Buffer.from(raster.data);
  for (let at = 0; at < data.length; at += 4) {
    const own = (data[at + 3] ?? 0) / 255;
    const behind = alpha * (1 - own);
    const total = own + behind;
    for (const [channel, value] of rgb.entries()) {
      data[at + channel] = Math.round(((data[at + channel] ?? 0) * own + value * behind) / total);
    }
    data[at + 3] = Math.round(total * 255);
  }
  return { ...raster, data };
}
