import { areaOf } from '../../pixels/geometry.ts';
import type { Probe, Size } from '../../pixels/picture.ts';
import type { Operation } from '../../pixels/render-plan.ts';
import { isPlaced, type Part, resolveSizing, type SizedSpec, type Sizing } from '../../pixels/sizing.ts';
import type { DeliveryRequest } from '../request.ts';
import { assertHeld, operationsOf, partOf, type Route, routeOf } from './route.ts';
import { cutOut, decodableSize, decodeTo, turnsInQuarters } from './shrink.ts';
import { isRigid } from './turn.ts';

/** From the file to the picture in its size: everything up to resize and crop. */
export interface Approach {
  /** the file may be decoded to this size: see `Frame` */
  readonly shrinkTo?: Size;
  readonly operations: readonly Operation[];
  /** lays the picture on a larger ground: comes after its look, so that the ground keeps its colour */
  readonly ground: readonly Operation[];
  /** what comes out: exactly, or where only the pixels tell, of the largest picture that may come in */
  readonly sizing: Sizing;
  /** of a page at its largest on the way, pixels */
  readonly largestArea: number;
}

export interface Departure {
  readonly request: DeliveryRequest;
  readonly probe: Probe;
  readonly spec: SizedSpec;
  /** operations of the pipeline that come before its sizing */
  readonly filters: readonly Operation[];
}

/**
 * Decodes as little as the result needs, wherever nothing that comes before the sizing has to see the picture at full
 * size.
 *
 * @throws Failure `invalid_request` (rect outside the picture), `render_too_costly`
 */
export function approach({ request, probe, spec, filters }: Departure): Approach {
  const route = routeOf(request, probe, filters);
  const sizing = resolveSizing(route.turned, spec);
  const largestArea = Math.max(...[probe.stored, route.turned, sizing.size].map(areaOf));
  const size = decodableSize(route, sizing, probe.orientation);
  if (size) return { ...shrunkAhead(route, sizing, size, probe.orientation), sizing, largestArea };
  assertHeld(partOf(route), operationsOf(route), probe.orientation);
  const way = isMeasured(route) ? inFull(route, sizing) : sizedWhenRun(route, spec);
  return { ...way, sizing, largestArea };
}

type Way = Pick<Approach, 'shrinkTo' | 'operations' | 'ground'>;

/** Shrunk while it is decoded; then comes what may as well be done to fewer pixels. */
function shrunkAhead(route: Route, sizing: Sizing, size: Size, orientation: number): Way {
  const { shrinkTo, operations } = decodeTo(size, route);
  const rest = operationsOf(route);
  assertHeld(size, rest, orientation);
  const exactly = turnsInQuarters(route) ? [] : [resizeTo(sizing.resize)];
  return {
    ...(shrinkTo && { shrinkTo }),
    operations: [...operations, ...rest, ...exactly, ...keep(sizing.cut)],
    ground: groundOf(sizing),
  };
}

/** Step by step at full size, which is known all the way. */
function inFull(route: Route, sizing: Sizing): Way {
  const sized = isSameSize(sizing.resize, sizing.crop ?? route.turned) ? [] : [resizeTo(sizing.resize)];
  return {
    operations: [...start(route), ...keep(sizing.crop), ...sized, ...keep(sizing.cut)],
    ground: groundOf(sizing),
  };
}

/** The fits that lay the picture on a larger ground, without it. */
const BARE = { fill: 'clip', fillmax: 'max', clamp: 'clip' } as const;

/** Step by step, and sized by what is there when it runs. */
function sizedWhenRun(route: Route, spec: SizedSpec): Way {
  const { fit } = spec;
  if (fit !== 'fill' && fit !== 'fillmax' && fit !== 'clamp') {
    return { operations: [...start(route), { step: 'resize', op: 'sized', size: spec }], ground: [] };
  }
  const bare: SizedSpec = { ...spec, fit: BARE[fit] };
  const ground: SizedSpec = { ...spec, fit: 'fillmax', ...(fit === 'clamp' && { fill: 'clamp' }) };
  return {
    operations: [...start(route), { step: 'resize', op: 'sized', size: bare }],
    ground: [{ step: 'resize', op: 'sized', size: ground }],
  };
}

function start(route: Route): Operation[] {
  return [...(route.cut ? [cutOut(route.cut)] : []), ...operationsOf(route)];
}

/** Whether the size is known to the pixel: turned by other angles than quarters libvips may round it either way. */
function isMeasured({ trim, filters, turns }: Route): boolean {
  return (
    trim.length === 0 &&
    [...filters, ...turns].every(
      (operation) => operation.op !== 'trim' && (operation.op !== 'rotate' || isRigid(operation)),
    ) &&
    !turns.some(({ op }) => op === 'straighten')
  );
}

function resizeTo(size: Size): Operation {
  return { step: 'resize', op: 'resize', width: size.width, height: size.height };
}

function keep(part: Part | undefined): Operation[] {
  if (!part) return [];
  if (isPlaced(part)) return [{ step: 'crop', op: 'extract', ...part }];
  const { width, height, by } = part;
  return [{ step: 'crop', op: 'fit', width, height, fit: 'cover', position: by, enlarge: true }];
}

function groundOf({ canvas }: Sizing): Operation[] {
  if (!canvas) return [];
  const { size, left, top, fill } = canvas;
  return [{ step: 'resize', op: 'canvas', ...size, left, top, fill }];
}

function isSameSize(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}
