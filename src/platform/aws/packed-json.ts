import { deflateRawSync, inflateRawSync } from 'node:zlib';

/**
 * Writes are paid for by the kilobyte, so JSON that is longer is deflated, to about a third; what is shorter stays
 * readable where somebody looks at the table.
 */
const PLAIN_BYTES = 600;
/** No record is near it: see docs/adr/0020-one-table.md. It bounds what a damaged item can ask for. */
const MOST_BYTES = 16 * 2 ** 20;

export function packJson(value: unknown): string | Uint8Array {
  const json = JSON.stringify(value);
  return json.length <= PLAIN_BYTES ? json : deflateRawSync(json);
}

export function unpackJson(packed: string | Uint8Array): unknown {
  if (typeof packed === 'string') return JSON.parse(packed);
  return JSON.parse(inflateRawSync(packed, { maxOutputLength: MOST_BYTES }).toString());
}
