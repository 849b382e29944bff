import { z } from 'zod';
import { Failure } from '../failures.ts';

/**
 * A place in a list as an opaque text: the sort key of the last entry given out, so that entries that come or go
 * meanwhile move nothing.
 */
export function encodeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** @throws Failure `invalid_request` for anything but what {@link encodeCursor} made of such a key */
export function decodeCursor<T>(cursor: string, key: z.ZodType<T>): T {
  const parsed = key.safeParse(jsonOrNothing(Buffer.from(cursor, 'base64url').toString()));
  if (parsed.success) return parsed.data;
  throw new Failure(
    'invalid_request',
    'cursor is not one that this list has answered. Take next_cursor of the page before, or leave it out.',
  );
}

/** The sort key of the list of images. */
export const ImageCursor = z.tuple([z.int(), z.string().max(64)]);
/** The sort key of the list of dead letters. */
export const IdCursor = z.tuple([z.string()]);
/** The sort key of an audit trail. */
export const SeqCursor = z.tuple([z.int()]);

function jsonOrNothing(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
