import type { Size } from './picture.ts';

/** pixels on each side: a turned edge is mixed with what lies beyond it */
const MIXED = 1;

/**
 * Largest upright rectangle inside a picture that was turned, by area. Either two of its corners lie on the long sides,
 * and then the short side alone bounds it; or all four lie on one side each.
 *
 * @param source pixels, before it is turned
 * @param angle degrees
 * @returns whole pixels, each side at least 1
 */
export function uprightInside({ width, height }: Size, angle: number): Size {
  const radians = (angle * Math.PI) / 180;
  const [along, across] = [Math.abs(Math.cos(radians)), Math.abs(Math.sin(radians))];
  const long = Math.max(width, height);
  const short = Math.min(width, height);
  const touchesTwoSides = short <= 2 * along * across * long || Math.abs(along - across) < 1e-9;
  const [wide, high] = touchesTwoSides
    ? halves(short / 2, width >= height ? [across, along] : [along, across])
    : [width * along - height * across, height * along - width * across].map(
        (side) => side / (along ** 2 - across ** 2),
      );
  return { width: whole(wide), height: whole(high) };
}

function halves(half: number, [first, second]: readonly [number, number]): [number, number] {
  return [half / first, half / second];
}

function whole(side = 0): number {
  return Math.max(1, Math.floor(side + 1e-6) - 2 * MIXED);
}
