import { Failure } from '../failures.ts';
import type { ObjectBody, ObjectStore, ReadOptions } from './object-store.ts';

/**
 * Reads an object that a record describes.
 *
 * @throws Failure `object_not_found`; `object_damaged` where it is not as long as the record says
 */
export async function readRecorded(
  objects: Pick<ObjectStore, 'read'>,
  { key, size }: { readonly key: string; readonly size: number },
  range?: ReadOptions['range'],
): Promise<ObjectBody> {
  const body = await objects.read(key, range ? { range } : {});
  if (body.size === size) return body;
  await body.stream.cancel();
  throw new Failure('object_damaged', `The stored object has ${body.size} bytes instead of ${size}.`);
}
