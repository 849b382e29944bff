import { join } from 'node:path';
import { Failure } from '../../failures.ts';

const MOST_CHARACTERS = 1024;
/** What a name may have on the file systems in use. */
const MOST_IN_SEGMENT = 255;
const SEGMENT = /^[A-Za-z0-9._-]+$/;

/** Where an object lies. No key leads out of the folder. @throws Failure `invalid_request` */
export function objectPath(folder: string, key: string): string {
  if (!isObjectKey(key)) throw invalidKey(key);
  return join(folder, key);
}

/** A prefix as the folder to look in and the beginning that keys there must have. @throws Failure `invalid_request` */
export function prefixFolder(prefix: string): string {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const beginning = prefix.slice(folder.length);
  const valid =
    (folder === '' || isObjectKey(folder.slice(0, -1))) && (beginning === '' || SEGMENT.test(beginning));
  if (!valid) throw invalidKey(prefix);
  return folder;
}

function isObjectKey(key: string): boolean {
  return key.length <= MOST_CHARACTERS && key.split('/').every(isSegment);
}

function isSegment(segment: string): boolean {
  return SEGMENT.test(segment) && segment !== '.' && segment !== '..' && segment.length <= MOST_IN_SEGMENT;
}

function invalidKey(key: string): Failure {
  return new Failure(
    'invalid_request',
    `${JSON.stringify(key.slice(0, 80))} is not an object key: segments of A-Z a-z 0-9 . _ - between slashes, none of them . or .. .`,
  );
}
