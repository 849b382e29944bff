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
  const isThin = short <= 2 * along * across * long || Math.abs(along - across) < 1e-9;
  if (isThin) {
    const [farther, nearer] = [short / 2 / across, short / 2 / along];
    return width >= height ? insideOf(farther, nearer) : insideOf(nearer, farther);
  }
  const both = along ** 2 - across ** 2;
  return insideOf((width * along - height * across) / both, (height * along - width * across) / both);
}

function insideOf(width: number, height: number): Size {
  return { width: whole(width), height: whole(height) };
}

function whole(side: number): number {
  return Math.max(1, Math.floor(side + 1e-6) - 2 * MIXED);
}
