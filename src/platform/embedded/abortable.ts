/**
 * The chunks of `body` until `signal` aborts, also where the next chunk never comes: a sender that went silent must
 * not hold on to a file or a lock.
 *
 * @throws the signal's reason
 */
export async function* abortable(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (signal === undefined) {
    yield* body;
    return;
  }
  signal.throwIfAborted();
  const chunks = body[Symbol.asyncIterator]();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  aborted.catch(() => {});
  signal.addEventListener('abort', abort, { once: true });
  let finished = false;
  try {
    for (;;) {
      const next = await Promise.race([chunks.next(), aborted]);
      if (next.done === true) {
        finished = true;
        return;
      }
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    // Not awaited: a stream that waits for its sender answers `return` only when the sender does.
    if (!finished) void Promise.resolve(chunks.return?.()).catch(() => {});
  }
}
