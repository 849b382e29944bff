import type { Kind } from './kind.ts';
import { whole } from './numbers.ts';

const degrees = whole(0, 360);

/** All the way around is no way at all. */
export const hue: Kind<number> = {
  ...degrees,
  read(text) {
    const turn = degrees.read(text);
    return turn === 360 ? 0 : turn;
  },
};
