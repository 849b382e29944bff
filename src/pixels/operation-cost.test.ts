import { expect, test } from 'vitest';
import { scratchBytes } from './operation-cost.ts';
import type { PlaceOperation } from './render-plan.ts';
import { type Bare, operations } from './testing/plans.ts';

const PICTURE = { width: 2000, height: 1000, channels: 3, pages: 1 } as const;

function scratch(operation: Bare): number {
  const [asked] = operations(operation);
  if (!asked) throw new Error('there is one operation');
  return scratchBytes(PICTURE, asked) / 1e6;
}

const mark = (asked: Partial<PlaceOperation>) =>
  scratch({
    op: 'place',
    path: '/mark',
    align: { x: 'left', y: 'top' },
    fit: 'clip',
    alpha: 1,
    angle: 0,
    pad: 0,
    ...asked,
  });

test('a mark counts by its box, by more where it is turned, and never by more than the picture', () => {
  const small = mark({ width: { share: 0.1 }, height: { share: 0.1 } });
  const large = mark({ width: { share: 1 }, height: { share: 1 } });
  const huge = mark({ width: { px: 8192 }, height: { px: 8192 } });
  expect(large - small).toBeGreaterThan(15);
  expect(huge).toBe(large);
  expect(mark({ angle: 30 }) - large).toBeGreaterThan(20);
  expect(mark({})).toBe(large);
});

test('a picture that is turned lies in memory with its corners, one that is searched at the size it is cut from', () => {
  const keep = 'entropy' as const;
  const spec = { fit: 'crop', keep, fill: 'blur', padding: { across: 0, down: 0 } } as const;
  expect(scratch({ op: 'straighten', angle: 45 }) - scratch({ op: 'adjust' })).toBeGreaterThan(13);
  const narrow = scratch({ op: 'sized', size: { ...spec, width: 100, height: 1000 } });
  const wide = scratch({ op: 'sized', size: { ...spec, width: 100, height: 50 } });
  expect(narrow - wide).toBeGreaterThan(10);
});

test('what is cut off after it was enlarged counts too', () => {
  const cover = { op: 'fit', fit: 'cover', position: 'center', enlarge: true, width: 4000 } as const;
  expect(scratch({ ...cover, height: 20 }) - scratch({ op: 'adjust' })).toBeGreaterThan(20);
});

test('what needs a copy of the picture counts for it', () => {
  const usual = scratch({ op: 'adjust', bri: 10 });
  for (const operation of [
    { op: 'unsharp', amount: 10, radius: 2 },
    { op: 'flatten', background: '#ff0000' },
  ] as const) {
    expect(scratch(operation) - usual).toBeGreaterThanOrEqual(6);
  }
});
