import type { Align } from '../request.ts';
import { alternatives, type Kind } from './kind.ts';

const COLUMNS = ['left', 'center', 'right'] as const;
const ROWS = ['top', 'middle', 'bottom'] as const;

/** Where neither direction says otherwise. */
export const BOTTOM_RIGHT: Align = { x: 'right', y: 'bottom' };

/** One word of each direction, in any order; a direction that is not named is where it is by default. */
export const align: Kind<Align> = {
  range: `one of ${alternatives(ROWS)}, one of ${alternatives(COLUMNS)}, or one of each by comma`,
  read(text) {
    const words = text.split(',').map((word) => word.trim());
    const x = COLUMNS.find((word) => words.includes(word));
    const y = ROWS.find((word) => words.includes(word));
    const understood = Number(x !== undefined) + Number(y !== undefined);
    return words.length === understood ? { x: x ?? BOTTOM_RIGHT.x, y: y ?? BOTTOM_RIGHT.y } : undefined;
  },
  write: ({ x, y }) => `${y},${x}`,
};

export function isBottomRight({ x, y }: Align): boolean {
  return x === BOTTOM_RIGHT.x && y === BOTTOM_RIGHT.y;
}
