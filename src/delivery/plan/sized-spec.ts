import { Failure } from '../../failures.ts';
import { viewedSize } from '../../pixels/geometry.ts';
import type { Probe, Size } from '../../pixels/picture.ts';
import type { Keep, SizedFit, SizedSpec } from '../../pixels/sizing.ts';
import type {
  Color,
  CropMode,
  DeliveryRequest,
  Edges,
  FrameRequest,
  Length,
  SizeRequest,
} from '../request.ts';

/**
 * The box of a request in pixels of the output.
 *
 * @throws Failure `analysis_off` where nothing but faces could tell it
 */
export function sizedSpecOf({ size, source, frame }: DeliveryRequest, probe: Probe): SizedSpec {
  const density = densityOf(size);
  const upright = source.orient ? viewedSize(probe.stored, source.orient) : probe.viewed;
  const fit = fitOf(size);
  const padding = paddingOf(frame.pad, density);
  return {
    fit,
    ...boxOf(size, fit, upright, density),
    ...(fit === 'crop' && boundsOf(size, density)),
    keep: keepOf(size),
    fill: size.fill === 'blur' ? 'blur' : { color: fillColorOf(size, frame) },
    padding: { across: padding.left + padding.right, down: padding.top + padding.bottom },
  };
}

function fillColorOf({ fillColor }: SizeRequest, { background }: FrameRequest): Color {
  if (fillColor === undefined) return background === undefined ? '#ffffff' : laidOnce(background);
  return fillColor === background ? laidOnce(background) : fillColor;
}

/**
 * What to lay where the background is laid under everything at the end: itself where it covers, and nothing where it
 * lets something through, which it would do twice.
 */
export function laidOnce(background: Color | undefined): Color {
  return background !== undefined && isOpaque(background) ? background : TRANSPARENT;
}

const TRANSPARENT: Color = '#00000000';

/** @param color #rrggbb or #rrggbbaa */
function isOpaque(color: Color): boolean {
  return color.length === '#rrggbb'.length;
}

/** Pixels of the output for each that a request names: `dpr`, which counts only where there is a side to multiply. */
export function densityOf({ width, height, dpr = 1 }: SizeRequest): number {
  return width === undefined && height === undefined ? 1 : dpr;
}

const NO_EDGES: Edges = { top: 0, right: 0, bottom: 0, left: 0 };

/** Pixels of the output. */
export function paddingOf(pad: Edges | undefined, density: number): Edges {
  return edgesTimes(pad ?? NO_EDGES, density);
}

export function edgesTimes({ top, right, bottom, left }: Edges, density: number): Edges {
  return {
    top: Math.round(top * density),
    right: Math.round(right * density),
    bottom: Math.round(bottom * density),
    left: Math.round(left * density),
  };
}

function fitOf({ fit }: SizeRequest): SizedFit {
  const known = fit.find((candidate) => candidate !== 'facearea');
  if (known !== undefined) return known;
  throw new Failure(
    'analysis_off',
    'fit=facearea asks where the faces are, and faces are not analysed here.',
    {
      extra: { parameter: 'fit' },
    },
  );
}

/** Sides, or the proportions where there are none: a single side and the proportions are both sides. */
function boxOf(size: SizeRequest, fit: SizedFit, upright: Size, density: number) {
  const width = size.width && pixelsOf(size.width, upright.width) * density;
  const height = size.height && pixelsOf(size.height, upright.height) * density;
  const ratio = fit === 'crop' || fit === 'fill' ? size.aspectRatio : undefined;
  if (ratio === undefined || (width !== undefined && height !== undefined)) {
    return { ...(width !== undefined && { width }), ...(height !== undefined && { height }) };
  }
  if (width !== undefined) return { width, height: width / ratio };
  return height === undefined ? { aspectRatio: ratio } : { width: height * ratio, height };
}

/** A share is one of the upright picture, before anything is cut off. */
function pixelsOf(length: Length, side: number): number {
  return 'px' in length ? length.px : length.share * side;
}

function boundsOf({ minWidth, minHeight, maxWidth, maxHeight }: SizeRequest, density: number) {
  return { least: sides(minWidth, minHeight, density), most: sides(maxWidth, maxHeight, density) };
}

function sides(width: number | undefined, height: number | undefined, density: number): Partial<Size> {
  return {
    ...(width !== undefined && { width: width * density }),
    ...(height !== undefined && { height: height * density }),
  };
}

const SEARCHES: { readonly [Mode in CropMode]?: Extract<Keep, string> } = {
  entropy: 'entropy',
  edges: 'attention',
};

/** The first mode decides, faces passed by; edges of the picture combine with those that follow. */
function keepOf({ crop, focalPoint }: SizeRequest): Keep {
  const modes = crop.filter((mode) => mode !== 'faces');
  const [first] = modes;
  const search = first && SEARCHES[first];
  if (search) return search;
  if (first === 'focalpoint') return focalPoint;
  return {
    x: modes.includes('left') ? 0 : modes.includes('right') ? 1 : 0.5,
    y: modes.includes('top') ? 0 : modes.includes('bottom') ? 1 : 0.5,
    zoom: 1,
  };
}
