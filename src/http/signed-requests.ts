import { RESUMABLE_PATH, UPLOAD_PATH } from '../intake/upload-links.ts';

export interface RequestLine {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

/**
 * Requests under /v1 that need no credentials: their handlers verify a signature instead. Everything that is not
 * listed here is closed.
 */
const open: readonly ((request: RequestLine) => boolean)[] = [
  ({ method, path }) => method === 'PUT' && path.startsWith(`${UPLOAD_PATH}/`),
  ({ path, query }) => path.startsWith(`${RESUMABLE_PATH}/`) && query.has('sig'),
  ({ method, path, query }) =>
    (method === 'GET' || method === 'HEAD') &&
    /^\/v1\/image\/[^/]+\/original$/.test(path) &&
    query.has('sig'),
  // What the resumable protocol can do.
  ({ method, path }) => method === 'OPTIONS' && path === RESUMABLE_PATH,
];

export function provesItself(request: RequestLine): boolean {
  return open.some((matches) => matches(request));
}
