import { type Box, isTrimmable, unionOf } from '../geometry.ts';
import { pageOf, pipelineOf, type Raster } from '../raster.ts';
import type { Asked } from './apply.ts';
import { extract } from './extract.ts';

/**
 * Cuts off borders of a colour, the one of the top left pixel where none is named. An animation is cut to what holds
 * the content of all its pages. A picture that is all border stays as it is, and so does one too small to have any.
 */
export async function trim(raster: Raster, asked: Asked<'trim'>): Promise<Raster> {
  const first = await contentOf(pageOf(raster, 0), asked);
  const boxes: [Box, ...Box[]] = [first];
  for (let index = 1; index < raster.pages; index += 1) {
    boxes.push(await contentOf(pageOf(raster, index), asked));
  }
  return extract(raster, unionOf(boxes));
}

async function contentOf(page: Raster, { threshold, color }: Asked<'trim'>): Promise<Box> {
  const whole = { left: 0, top: 0, width: page.width, height: page.height };
  if (!isTrimmable(page)) return whole;
  const { info } = await pipelineOf(page)
    .trim({ threshold, ...(color && { background: color }) })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return {
    left: -(info.trimOffsetLeft ?? 0),
    top: -(info.trimOffsetTop ?? 0),
    width: info.width,
    height: info.height,
  };
}
