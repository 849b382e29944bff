/** An answer that is not tied to how it is sent. */
export interface Answer {
  readonly status: number;
  /** names in lower case; whoever sends the answer may add to them */
  readonly headers: Record<string, string>;
  readonly body: Uint8Array | ReadableStream<Uint8Array> | string | null;
}

/** nginx's word for a client that has gone before it was answered: a status for the log, which nobody reads */
export const CLIENT_GONE = 499;
