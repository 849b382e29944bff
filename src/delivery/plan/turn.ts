import type { Size } from '../../pixels/picture.ts';
import type { Operation } from '../../pixels/render-plan.ts';
import type { DeliveryRequest, TurnRequest } from '../request.ts';

type Bare = Operation extends infer Each ? (Each extends unknown ? Omit<Each, 'step'> : never) : never;

const FLIPPED: Bare = { op: 'flip', axis: 'vertical' };
const MIRRORED: Bare = { op: 'flip', axis: 'horizontal' };

/** What turns pixels upright that lie as EXIF says: EXIF 2.32, 4.6.4 A. */
const ORIENTATIONS: readonly (readonly Bare[])[] = [
  [],
  [],
  [MIRRORED],
  [quarters(2)],
  [FLIPPED],
  [FLIPPED, quarters(1)],
  [quarters(1)],
  [FLIPPED, quarters(3)],
  [quarters(3)],
];

/** Turns the picture upright: as the file says, or as the request says that it lies. */
export function uprightOperations(orient: number | undefined, inFile: number): Operation[] {
  if (orient) return (ORIENTATIONS[orient] ?? []).map((bare) => ({ ...bare, step: 'orient' }) as Operation);
  return inFile === 1 ? [] : [{ step: 'orient', op: 'orient' }];
}

/** `rot`, then `flip`. */
export function turnOperations({ turn }: DeliveryRequest): Operation[] {
  return [...rotation(turn), ...mirrors(turn)].map((bare) => ({ ...bare, step: 'rotate' }) as Operation);
}

/** Corners stay empty: the ground is laid under them when the look is done, which it has no part in. */
function rotation({ rot = 0, rotType }: TurnRequest): Bare[] {
  if (rot % 360 === 0) return [];
  if (rot % 90 === 0) return [quarters(4 - rot / 90)];
  const angle = 360 - rot;
  if (rotType === 'straighten') return [{ op: 'straighten', angle }];
  return [{ op: 'rotate', angle, background: TRANSPARENT }];
}

const TRANSPARENT = '#00000000';

function mirrors({ flip }: TurnRequest): Bare[] {
  if (flip === undefined) return [];
  return { h: [MIRRORED], v: [FLIPPED], hv: [quarters(2)] }[flip];
}

/** clockwise */
function quarters(count: number): Bare {
  return { op: 'rotate', angle: count * 90, background: '#000000' };
}

export function trimOperations({ trim }: TurnRequest): Operation[] {
  if (!trim) return [];
  const { tolerance, color } = trim;
  return [{ step: 'trim', op: 'trim', threshold: tolerance, ...(color && { color }) }];
}

/** Whether it moves pixels without changing any, so that the picture may as well be shrunk before. */
export function isRigid(operation: Operation): boolean {
  return (
    operation.op === 'orient' ||
    operation.op === 'flip' ||
    (operation.op === 'rotate' && operation.angle % 90 === 0)
  );
}

/** The size that the picture had before rigid operations gave it this one. */
export function sizeBefore(size: Size, operations: readonly Operation[], orientation: number): Size {
  const swaps = operations.filter((operation) => swapsSides(operation, orientation)).length;
  return swaps % 2 === 0 ? size : { width: size.height, height: size.width };
}

function swapsSides(operation: Operation, orientation: number): boolean {
  if (operation.op === 'orient') return orientation >= 5;
  return operation.op === 'rotate' && operation.angle % 180 === 90;
}
