/**
 * A body in parts of just so many bytes; the last one is shorter, and empty where nothing else came. Holds one part.
 */
export async function* inParts(body: AsyncIterable<Uint8Array>, partBytes: number): AsyncGenerator<Part> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of body) {
    let rest = chunk;
    // A full part is handed on once it is known that more follows.
    while (heldBytes + rest.length > partBytes) {
      const fitting = rest.subarray(0, partBytes - heldBytes);
      yield { bytes: Buffer.concat([...held, fitting], partBytes), isLast: false };
      rest = rest.subarray(fitting.length);
      held = [];
      heldBytes = 0;
    }
    if (rest.length > 0) held.push(rest);
    heldBytes += rest.length;
  }
  yield { bytes: Buffer.concat(held, heldBytes), isLast: true };
}

export interface Part {
  readonly bytes: Buffer;
  readonly isLast: boolean;
}
