/** Links by which an original is downloaded from its store, past this service. */
export interface OriginalLinks {
  /** @returns a link that is good for some minutes and needs no credentials */
  linkTo(original: LinkedOriginal): Promise<string>;
}

export interface LinkedOriginal {
  readonly key: string;
  readonly contentType: string;
  /** the whole header, RFC 6266 */
  readonly contentDisposition: string;
}
