import type { Raster } from '../raster.ts';
import type { Operation } from '../render-plan.ts';
import { adjust } from './adjust.ts';
import { blur } from './blur.ts';
import { border } from './border.ts';
import { canvas } from './canvas.ts';
import { duotone } from './duotone.ts';
import { extract } from './extract.ts';
import { fit } from './fit.ts';
import { flatten } from './flatten.ts';
import { flip } from './flip.ts';
import { gamma } from './gamma.ts';
import { greyscale } from './greyscale.ts';
import { modulate } from './modulate.ts';
import { monochrome } from './monochrome.ts';
import { normalise } from './normalise.ts';
import { orient } from './orient.ts';
import { pad } from './pad.ts';
import { pixelate } from './pixelate.ts';
import { place } from './place.ts';
import { resize } from './resize.ts';
import { rotate } from './rotate.ts';
import { round } from './round.ts';
import { sepia } from './sepia.ts';
import { sharpen } from './sharpen.ts';
import { sized } from './sized.ts';
import { straighten } from './straighten.ts';
import { tint } from './tint.ts';
import { trim } from './trim.ts';
import { unsharp } from './unsharp.ts';
import { watermark } from './watermark.ts';
import { write } from './write.ts';

/** What a plan asks of one kind of operation. */
export type Asked<Kind extends Operation['op']> = Extract<Operation, { op: Kind }>;

/** A picture in, another out; the one that came in stays as it is, because another frame may need it. */
type Apply<Kind extends Operation['op']> = (raster: Raster, asked: Asked<Kind>) => Promise<Raster>;

const table: { readonly [Kind in Operation['op']]: Apply<Kind> } = {
  orient,
  resize,
  fit,
  extract,
  blur,
  sharpen,
  greyscale,
  modulate,
  gamma,
  normalise,
  tint,
  rotate,
  flip,
  trim,
  watermark,
  sized,
  straighten,
  canvas,
  pad,
  flatten,
  adjust,
  sepia,
  monochrome,
  duotone,
  pixelate,
  unsharp,
  round,
  border,
  place,
  write,
};

/** Carries out one operation on a picture, on each page of an animation alike. */
export function applyOperation(raster: Raster, operation: Operation): Promise<Raster> {
  const apply = table[operation.op] as Apply<Operation['op']>;
  return apply(raster, operation as never);
}
