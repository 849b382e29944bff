import { Failure } from '../failures.ts';
import type { Variant } from '../images/image.ts';
import { mediaTypes } from '../images/keys.ts';
import type { ObjectBody, ObjectStore } from '../images/object-store.ts';
import { readRecorded } from '../images/recorded-object.ts';
import { type ByteSpan, bodyOf } from './derivative.ts';
import type { PictureBody } from './picture.ts';

/** The bytes of stored variants; those of small ones that were asked for lately are held in memory. */
export class StoredBodies {
  readonly #objects: Pick<ObjectStore, 'read'>;
  readonly #capacity: number;
  /** by key, in the order of use: what is under a key never changes */
  readonly #held = new Map<string, Uint8Array>();
  #heldBytes = 0;

  /** @param capacity bytes of all that is held */
  constructor(objects: Pick<ObjectStore, 'read'>, capacity: number = CAPACITY) {
    this.#objects = objects;
    this.#capacity = capacity;
  }

  /** Its `read` throws Failure `object_damaged` where the object is not as long as its record says. */
  of(variant: Variant): PictureBody {
    const { key, size, sha256, format } = variant;
    const bytes = this.#use(key);
    const read = async (range?: ByteSpan) => (bytes ? bodyOf(bytes, range) : this.#read(variant, range));
    return { size, sha256, contentType: mediaTypes[format], bytes, read };
  }

  /** Drops what is held of an image that is gone. */
  forget(imageId: string): void {
    for (const key of this.#held.keys()) if (key.split('/').includes(imageId)) this.#drop(key);
  }

  async #read({ key, size }: Variant, range: ByteSpan | undefined): Promise<ObjectBody> {
    const body = await readRecorded(this.#objects, { key, size }, range);
    if (range || size > LARGEST) return body;
    const bytes = await bytesOf(body.stream, size);
    this.#hold(key, bytes);
    return bodyOf(bytes);
  }

  #use(key: string): Uint8Array | undefined {
    const bytes = this.#held.get(key);
    if (!bytes) return undefined;
    this.#held.delete(key);
    this.#held.set(key, bytes);
    return bytes;
  }

  #hold(key: string, bytes: Uint8Array): void {
    this.#drop(key);
    this.#held.set(key, bytes);
    this.#heldBytes += bytes.length;
    for (const oldest of this.#held.keys()) {
      if (this.#heldBytes <= this.#capacity) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#heldBytes -= this.#held.get(key)?.length ?? 0;
    this.#held.delete(key);
  }
}

const CAPACITY = 32 * 2 ** 20;
/** Larger pictures are read from the store each time: few of them would fill the memory. */
const LARGEST = 256 * 1024;

/** @throws Failure `object_damaged` where there are not as many bytes as there should be */
async function bytesOf(stream: ReadableStream<Uint8Array>, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let length = 0;
  for await (const chunk of stream) {
    if (length + chunk.length <= size) bytes.set(chunk, length);
    length += chunk.length;
  }
  if (length === size) return bytes;
  throw new Failure('object_damaged', `The stored object has ${length} bytes instead of ${size}.`);
}
