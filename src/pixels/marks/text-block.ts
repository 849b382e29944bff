import { Failure } from '../../failures.ts';
import type { Size } from '../picture.ts';
import { type Coverage, drawLetters, type Lettering } from './letters.ts';

export interface TextBlock {
  readonly letters: Coverage;
  /** of the font, pixels: as asked, or what fitted */
  readonly size: number;
}

export interface TextAsked extends Omit<Lettering, 'width'> {
  readonly text: string;
  /** what the letters may cover */
  readonly room: Size;
  /** lines that are too long are broken, or else make the font smaller */
  readonly breaksLines: boolean;
}

/** pixels: what a text runs to is measured at this size at most, so that an absurd size is never drawn */
const MEASURED_AT = 48;
/** each comes closer to what fits: broken lines fall anew at each size */
const ROUNDS = 12;

/**
 * A text in the size that is asked for, or in the largest that fits in the room.
 *
 * @throws Failure `invalid_request` where the text has nothing in it that can be drawn
 */
export async function textBlock(asked: TextAsked): Promise<TextBlock> {
  let size = asked.size;
  for (let round = 0; round < ROUNDS; round += 1) {
    const factor = factorInto(asked, await measured(asked, size));
    if (factor >= 1) break;
    size = Math.max(1, size * factor);
    if (size === 1) break;
  }
  return { letters: cutTo(await drawn(asked, size, asked.room.width), asked.room), size };
}

/** By how much the font must shrink. Of broken lines there are fewer at a smaller size: they shrink by the root. */
function factorInto({ room, breaksLines }: TextAsked, { width, height }: Size): number {
  const across = room.width / width;
  const down = room.height / height;
  return Math.min(across, breaksLines && down < 1 ? Math.sqrt(down) : down);
}

async function measured(asked: TextAsked, size: number): Promise<Size> {
  const small = Math.min(size, MEASURED_AT);
  const factor = size / small;
  const { width, height } = await drawn(asked, small, Math.ceil(asked.room.width / factor));
  return { width: Math.floor(width * factor), height: Math.floor(height * factor) };
}

async function drawn({ text, font, align, breaksLines }: TextAsked, size: number, width: number) {
  try {
    return await drawLetters(text, { font, size, align, ...(breaksLines && { width }) });
  } catch (cause) {
    throw new Failure(
      'invalid_request',
      'txt has nothing in it that can be drawn. Give it letters, or leave it out.',
      {
        cause,
        extra: { parameter: 'txt' },
      },
    );
  }
}

/** Rounding, or a single letter that is wider than the room, may leave a little outside. */
function cutTo({ data, width, height }: Coverage, room: Size): Coverage {
  if (width <= room.width && height <= room.height) return { data, width, height };
  const kept = { width: Math.min(width, room.width), height: Math.min(height, room.height) };
  const rows = Array.from({ length: kept.height }, (_, row) =>
    data.subarray(row * width, row * width + kept.width),
  );
  return { data: Buffer.concat(rows), ...kept };
}
