import type { DataKey } from '../../images/keyring.ts';
import { sealChunk } from './chunks.ts';
import { CHUNK_BYTES, newHeader, streamKey } from './format.ts';

/** Bytes handed on at a time: sixteen chunks and their tags. */
const HANDED_ON = 16 * CHUNK_BYTES;

/**
 * Seals a stream.
 *
 * @param name under which the bytes will lie: they open under no other
 */
export async function* seal(
  body: AsyncIterable<Uint8Array>,
  dataKey: DataKey,
  name: string,
): AsyncGenerator<Uint8Array> {
  const sealer = createSealer(dataKey, name);
  for await (const piece of body) yield* sealer.add(piece);
  yield* sealer.end();
}

export interface Sealer {
  /** Sealed bytes that are ready. */
  add(plain: Uint8Array): Uint8Array[];
  /** The rest; no more after this. */
  end(): Uint8Array[];
}

/** Seals pieces as they come. What was added may be changed once `add` has answered. */
export function createSealer(dataKey: DataKey, name: string): Sealer {
  const header = newHeader();
  const stream = streamKey(dataKey, header, name);
  let out: Uint8Array[] = [header];
  let outBytes = header.length;
  let chunk = 0;
  /** what is not sealed yet, for it is not known whether more will follow */
  const held = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let heldBytes = 0;

  function put(plain: Uint8Array, isLast: boolean): void {
    const parts = sealChunk(stream, { chunk, isLast }, plain);
    chunk += 1;
    out.push(...parts);
    outBytes += plain.length;
  }

  function take(): Uint8Array[] {
    const taken = out;
    out = [];
    outBytes = 0;
    return taken;
  }

  function hold(plain: Uint8Array): void {
    held.set(plain, heldBytes);
    heldBytes += plain.length;
  }

  return {
    add(plain) {
      let rest = plain;
      if (heldBytes > 0) {
        const fitting = rest.subarray(0, CHUNK_BYTES - heldBytes);
        hold(fitting);
        rest = rest.subarray(fitting.length);
        if (rest.length === 0) return [];
        put(held, false);
        heldBytes = 0;
      }
      while (rest.length > CHUNK_BYTES) {
        put(rest.subarray(0, CHUNK_BYTES), false);
        rest = rest.subarray(CHUNK_BYTES);
      }
      hold(rest);
      return outBytes >= HANDED_ON ? take() : [];
    },

    end() {
      put(held.subarray(0, heldBytes), true);
      heldBytes = 0;
      return take();
    },
  };
}

/** Seals bytes that are all there. */
export function sealWhole(plain: Uint8Array, dataKey: DataKey, name: string): Buffer {
  const sealer = createSealer(dataKey, name);
  return Buffer.concat([...sealer.add(plain), ...sealer.end()]);
}
