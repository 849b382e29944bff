import { expect, test } from 'vitest';
import { uprightInside } from './upright-inside.ts';

const sources = [
  [400, 300],
  [300, 400],
  [500, 500],
  [1000, 90],
  [90, 1000],
] as const;
const angles = [0.1, 1, 5, 15, 30, 44, 45, 46, 60, 75, 89, 90.5, 120, 179, 181, 300];
const cases = sources.flatMap(([width, height]) => angles.map((angle) => [width, height, angle] as const));

/** How far the corners of an upright box lie outside a turned picture with the same middle, pixels. */
function outside(
  box: { width: number; height: number },
  width: number,
  height: number,
  angle: number,
): number {
  const radians = (angle * Math.PI) / 180;
  const corners = [
    [box.width / 2, box.height / 2],
    [box.width / 2, -box.height / 2],
  ] as const;
  return Math.max(
    ...corners.flatMap(([x, y]) => [
      Math.abs(x * Math.cos(radians) + y * Math.sin(radians)) - width / 2,
      Math.abs(y * Math.cos(radians) - x * Math.sin(radians)) - height / 2,
    ]),
  );
}

test.each(cases)('%d x %d turned by %d degrees holds all of it', (width, height, angle) => {
  expect(outside(uprightInside({ width, height }, angle), width, height, angle)).toBeLessThanOrEqual(0);
});

test.each(cases)('%d x %d turned by %d degrees holds no larger one', (width, height, angle) => {
  const found = uprightInside({ width, height }, angle);
  // two pixels of margin and the rounding belong to it
  const area = (found.width + 3) * (found.height + 3);
  const areas = Array.from({ length: 150 }, (_, part) => {
    const across = (Math.max(width, height) * (part + 1)) / 150;
    return across * highest(across, width, height, angle);
  });
  expect(Math.max(...areas)).toBeLessThanOrEqual(area);
});

/** How high a box of this width may be, found by halves. */
function highest(across: number, width: number, height: number, angle: number): number {
  let [fits, fails] = [0, width + height];
  while (fails - fits > 0.01) {
    const middle = (fits + fails) / 2;
    if (outside({ width: across, height: middle }, width, height, angle) <= 0) fits = middle;
    else fails = middle;
  }
  return fits;
}

test('a picture that is hardly there keeps a pixel', () => {
  expect(uprightInside({ width: 1, height: 1 }, 45)).toEqual({ width: 1, height: 1 });
});
