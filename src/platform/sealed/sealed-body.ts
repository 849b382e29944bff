import type { ObjectBody } from '../../images/object-store.ts';
import { damaged } from './format.ts';
import type { Unsealer } from './unseal.ts';

export interface SealedBody {
  /** sealed bytes, from the beginning of a chunk on */
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  /** sealed bytes that were read already */
  readonly begun: Uint8Array;
  readonly unsealer: Unsealer;
  /** bytes of the opened chunks that nobody asked for, before those that somebody did */
  readonly skip: number;
  /** bytes asked for */
  readonly length: number;
  readonly name: string;
}

/**
 * The plaintext of sealed bytes, opened as it is read. The first of it is opened at once: what is damaged there is
 * known before anything is answered.
 *
 * @throws Failure `object_damaged`
 */
export async function openBody(body: SealedBody): Promise<ObjectBody['stream']> {
  const pieces = piecesOf(body);
  const first = await pieces.next();
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        if (first.done) controller.close();
        else controller.enqueue(first.value);
      },
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel(reason) {
        await body.reader.cancel(reason);
        await pieces.return();
      },
    },
    { highWaterMark: 1 },
  );
}

async function* piecesOf({ reader, begun, unsealer, skip, length, name }: SealedBody) {
  let before = skip;
  let left = length;
  /** What of the opened chunks was asked for. */
  function* asked(opened: readonly Buffer[]): Generator<Uint8Array, void, undefined> {
    for (const plain of opened) {
      const piece = plain.subarray(before, before + left);
      before = Math.max(0, before - plain.length);
      left -= piece.length;
      if (piece.length > 0) yield piece;
    }
  }
  let isWhole = false;
  try {
    yield* asked(unsealer.add(begun));
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield* asked(unsealer.add(value));
    }
    yield* asked(unsealer.end());
    if (left > 0) throw damaged(name);
    isWhole = true;
  } finally {
    if (!isWhole) await reader.cancel().catch(() => {});
  }
}
