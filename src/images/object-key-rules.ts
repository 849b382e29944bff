import { Failure } from '../failures.ts';

const MOST_CHARACTERS = 1024;
/** What a name may have on the file systems in use. */
const MOST_IN_SEGMENT = 255;
const SEGMENT = /^[A-Za-z0-9._-]+$/;

/** The rules of `ObjectStore` for its keys, the same for every store. @throws Failure `invalid_request` */
export function assertObjectKey(key: string): void {
  if (!isObjectKey(key)) throw invalidKey(key);
}

/** What keys can begin with: folders, and the beginning of a name. @throws Failure `invalid_request` */
export function assertKeyPrefix(prefix: string): void {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const beginning = prefix.slice(folder.length);
  const valid =
    (folder === '' || isObjectKey(folder.slice(0, -1))) && (beginning === '' || SEGMENT.test(beginning));
  if (!valid) throw invalidKey(prefix);
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
