import type { StoredObject } from '../images/object-store.ts';

/**
 * Bytes of uploads that arrive in pieces. An offset that has been answered is durable: the bytes before it
 * survive a power cut. What another tenant has is not there.
 */
export interface PartialUploads {
  /** Starts an upload at offset 0. Starting it again answers what is there. */
  start(upload: { tenantId: string; imageId: string /** bytes */; length: number }): Promise<PartialUpload>;

  find(tenantId: string, imageId: string): Promise<PartialUpload | undefined>;

  /**
   * Adds bytes at `offset` and answers the new offset. A stream that breaks keeps the bytes that arrived, unless
   * a checksum was given: those bytes count all together or not at all.
   * @throws Failure `offset_mismatch`, `checksum_mismatch`, `file_too_large` (past the length), `upload_not_found`
   */
  append(
    tenantId: string,
    imageId: string,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    options?: AppendOptions,
  ): Promise<number>;

  /** Moves the complete bytes to their object key; repeating it is harmless. */
  complete(tenantId: string, imageId: string, key: string): Promise<StoredObject>;

  /** The first bytes, for sniffing. */
  head(tenantId: string, imageId: string, bytes: number): Promise<Uint8Array>;

  remove(tenantId: string, imageId: string): Promise<void>;

  /** Uploads that were last written before then, milliseconds. */
  abandoned(before: number): Promise<PartialUpload[]>;
}

export interface PartialUpload {
  readonly tenantId: string;
  readonly imageId: string;
  /** bytes in all */
  readonly length: number;
  /** bytes that are durable */
  readonly offset: number;
}

export interface AppendOptions {
  readonly checksum?: { readonly algorithm: 'sha1' | 'sha256' | 'md5'; readonly digest: Uint8Array };
  readonly signal?: AbortSignal;
}
