/** An answer that is not tied to how it is sent. */
export interface Answer {
  readonly status: number;
  /** names in lower case; whoever sends the answer may add to them */
  readonly headers: Record<string, string>;
  readonly body: Uint8Array | ReadableStream<Uint8Array> | string | null;
}
