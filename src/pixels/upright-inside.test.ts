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
  for (let across = 1; across <= width + height; across += 1) {
    let down = 0;
    while (outside({ width: across, height: down + 1 }, width, height, angle) <= 0) down += 1;
    expect(across * down).toBeLessThanOrEqual(area);
  }
});

test('a picture that is hardly there keeps a pixel', () => {
  expect(uprightInside({ width: 1, height: 1 }, 45)).toEqual({ width: 1, height: 1 });
});
