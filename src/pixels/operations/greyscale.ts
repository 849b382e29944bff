import { pipelineOf, type Raster } from '../raster.ts';

/** Luminance, computed in linear light, in all three colour channels. Alpha stays. */
export async function greyscale(raster: Raster): Promise<Raster> {
  // sharp's raw output of a grey picture is one channel, without alpha: both are put back here
  const grey = await pipelineOf(raster).removeAlpha().greyscale().raw().toBuffer();
  const data = Buffer.from(raster.data);
  for (let pixel = 0, at = 0; pixel < grey.length; pixel += 1, at += raster.channels) {
    const luminance = grey[pixel] ?? 0;
    data[at] = luminance;
    data[at + 1] = luminance;
    data[at + 2] = luminance;
  }
  return { ...raster, data };
}
