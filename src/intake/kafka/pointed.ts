/** Where the bytes are that a message points to. Only places that the settings list are ever looked at. */
export interface PointedObjects {
  /**
   * Opens what a pointer names: `file:///photos/a.jpg`, `s3://bucket/key`. Never http: whoever may write to a topic
   * must not be able to make this service send requests.
   * @throws Failure `invalid_request` where the pointer leads outside of what is allowed, `object_not_found`,
   *   `storage_unavailable`
   */
  open(pointer: string, signal: AbortSignal): Promise<PointedObject>;
}

export interface PointedObject {
  /** bytes */
  readonly size: number;
  /** to be read to its end, or returned */
  readonly body: AsyncIterable<Uint8Array>;
}
