import { overlay } from '../blend.ts';
import { rgbaOf } from '../colours.ts';
import { placeInside } from '../geometry.ts';
import { aligned, roomInside } from '../marks/aligned.ts';
import { paintedText } from '../marks/painted-text.ts';
import { textBlock } from '../marks/text-block.ts';
import { type Raster, sizeOf } from '../raster.ts';
import type { Asked } from './apply.ts';

const LINES = { left: 'left', center: 'centre', right: 'right' } as const;

/** Writes a text over the picture, on each page of an animation alike. */
export async function write(raster: Raster, asked: Asked<'write'>): Promise<Raster> {
  const { text, font, align, pad, shadow } = asked;
  const picture = sizeOf(raster);
  const room = roomInside(picture, pad);
  const { letters, size } = await textBlock({
    text,
    font,
    size: asked.size,
    align: LINES[align.x],
    room: { ...room, width: widthOf(asked, picture.width, room.width) },
    breaksLines: !asked.shrinkToFit,
  });
  const { left, top } = placeInside(picture, letters, aligned(align), pad);
  const mark = await paintedText(letters, { ...rgbaOf(asked.color), size, shadow });
  return overlay(raster, mark.picture, [{ left: left - mark.reach, top: top - mark.reach }]);
}

function widthOf({ width }: Asked<'write'>, picture: number, most: number): number {
  if (width === undefined) return most;
  const pixels = 'px' in width ? width.px : width.share * picture;
  return Math.max(1, Math.min(most, Math.round(pixels)));
}
