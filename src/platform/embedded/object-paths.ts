import { join } from 'node:path';
import { assertKeyPrefix, assertObjectKey } from '../../images/object-key-rules.ts';

/** Where an object lies. No key leads out of the folder. @throws Failure `invalid_request` */
export function objectPath(folder: string, key: string): string {
  assertObjectKey(key);
  return join(folder, key);
}

/** A prefix as the folder to look in. @throws Failure `invalid_request` */
export function prefixFolder(prefix: string): string {
  assertKeyPrefix(prefix);
  return prefix.slice(0, prefix.lastIndexOf('/') + 1);
}
