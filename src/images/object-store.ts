/**
 * Bytes under immutable keys. What `put` has answered survives a power cut.
 *
 * Keys are `/`-separated segments of `[A-Za-z0-9._-]`, never `.` or `..`, at most 1,024 characters, a segment at
 * most 255. No key is the folder of another: where there is `a/b`, there is no `a`.
 */
export interface ObjectStore {
  /**
   * Stores a stream. Nothing is visible under the key before all bytes are durable, and nothing is left behind
   * when the stream fails or `signal` aborts.
   * @throws Failure `object_exists` with `ifAbsent`, where the key is taken
   * @throws Failure `storage_full`
   */
  put(key: string, body: AsyncIterable<Uint8Array>, options: PutOptions): Promise<StoredObject>;

  /**
   * Takes over local files (they are moved or copied, and gone afterwards), replacing what is there.
   * All are durable when it answers. Used for renderings, whose bytes under a key never differ.
   */
  putFiles(files: readonly FileToStore[], options?: CallOptions): Promise<void>;

  /** @throws Failure `object_not_found`, naming the key */
  read(key: string, options?: ReadOptions): Promise<ObjectBody>;

  head(key: string): Promise<ObjectHead | undefined>;

  /**
   * Gives the object as a local file for as long as `use` runs. The file must not be changed.
   * @throws Failure `object_not_found`
   */
  withLocalFile<T>(key: string, use: (path: string) => Promise<T>, options?: CallOptions): Promise<T>;

  /** Deletes what is there; a missing key is no error. Durable when it answers. */
  delete(keys: readonly string[]): Promise<void>;

  /** Deletes everything under a prefix that ends in `/`; answers the keys that went. */
  deletePrefix(prefix: string): Promise<string[]>;

  /** Keys under a prefix (`''` for all), in no particular order. */
  list(prefix: string): AsyncIterable<ObjectHead>;

  /** A folder on the file system from which `putFiles` is cheapest. Removed with all it holds by `release`. */
  scratch(): Promise<{ path: string; release(): Promise<void> }>;

  /** Removes leftovers of interrupted work older than this many milliseconds; answers how many. */
  removeLeftovers(olderThan: number): Promise<number>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** What is kept beside the bytes where the store has a place for it (S3 metadata). The record is the truth. */
export interface ObjectAttributes {
  readonly contentType: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface PutOptions extends CallOptions {
  readonly attributes: ObjectAttributes;
  readonly ifAbsent?: boolean;
}

export interface FileToStore {
  readonly key: string;
  readonly path: string;
  readonly attributes: ObjectAttributes;
}

export interface StoredObject {
  /** bytes */
  readonly size: number;
  /** lower-case hex */
  readonly sha256: string;
}

export interface ReadOptions extends CallOptions {
  /** bytes, both inclusive, inside the object */
  readonly range?: { readonly start: number; readonly end: number };
}

export interface ObjectBody {
  /** bytes of the whole object */
  readonly size: number;
  /** to be read to its end, or cancelled */
  readonly stream: ReadableStream<Uint8Array>;
}

export interface ObjectHead {
  readonly key: string;
  readonly size: number;
  /** milliseconds */
  readonly modifiedAt: number;
}
