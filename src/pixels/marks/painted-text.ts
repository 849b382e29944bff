import type { Rgb } from '../colours.ts';
import type { Raster } from '../raster.ts';
import { blurred, type Coverage, centred } from './letters.ts';

export interface Ink {
  readonly rgb: Rgb;
  /** 0..1 */
  readonly alpha: number;
  /** of the font, pixels */
  readonly size: number;
  /** 0..10 */
  readonly shadow: number;
}

export interface PaintedText {
  readonly picture: Raster;
  /** pixels that the shadow needs on every side of the letters */
  readonly reach: number;
}

/** of the font's size: how soft the shadow is, and how far below the letters it lies */
const SOFTNESS = 0.08;
const DROP = 0.06;

/** The letters in their colour, over a black shadow where there is one. */
export async function paintedText(letters: Coverage, ink: Ink): Promise<PaintedText> {
  if (ink.shadow === 0) return { picture: painted(letters, undefined, ink), reach: 0 };
  const sigma = ink.size * SOFTNESS;
  const drop = Math.round(ink.size * DROP);
  const reach = Math.ceil(3 * sigma) + drop;
  const room = { width: letters.width + 2 * reach, height: letters.height + 2 * reach };
  const placed = await centred(letters, room);
  const soft = await blurred(placed, sigma);
  return { picture: painted(placed, lowered(soft, drop), ink), reach };
}

/** Moved down; what comes in at the top is empty, and so is what goes out at the bottom. */
function lowered({ data, width, height }: Coverage, rows: number): Coverage {
  const moved = Buffer.alloc(data.length);
  data.copy(moved, rows * width, 0, data.length - rows * width);
  return { data: moved, width, height };
}

function painted(letters: Coverage, shadow: Coverage | undefined, ink: Ink): Raster {
  const { width, height } = letters;
  const strength = ink.shadow / 10;
  const data = Buffer.alloc(width * height * 4);
  for (let pixel = 0; pixel < letters.data.length; pixel += 1) {
    const inked = ((letters.data[pixel] ?? 0) / 255) * ink.alpha;
    // doubled, because a blurred thin stroke is faint
    const shaded = Math.min(1, ((shadow?.data[pixel] ?? 0) / 255) * 2) * strength * (1 - inked);
    const alpha = inked + shaded;
    if (alpha === 0) continue;
    for (let channel = 0; channel < 3; channel += 1) {
      data[pixel * 4 + channel] = Math.round(((ink.rgb[channel] ?? 0) * inked) / alpha);
    }
    data[pixel * 4 + 3] = Math.round(alpha * 255);
  }
  return { data, width, height, channels: 4, pages: 1, orientation: 1 };
}
