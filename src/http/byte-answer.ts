import { Failure } from '../failures.ts';
import type { ObjectBody } from '../images/object-store.ts';
import type { Answer } from './answer.ts';
import { matchesNone, mayContinue, strongTag } from './conditional.ts';
import { type ByteRange, readRange } from './ranges.ts';

/** Bytes that are to be sent. */
export interface BytesToSend {
  /** bytes */
  readonly size: number;
  /** lower-case hex; the entity tag */
  readonly sha256: string;
  /** of the answer: more are added to them */
  readonly headers: Record<string, string>;
  /** all of them, where they are in memory */
  readonly bytes?: Uint8Array | undefined;
  /** @throws Failure `object_not_found` before anything is sent */
  read(range?: ByteRange): Promise<ObjectBody>;
}

export interface BytesRequest {
  readonly method: string;
  /** looks up a request header by its lower-case name */
  readonly header: (name: string) => string | undefined;
}

/**
 * Bytes, or as much of them as the client asks for: 304 where it has them already, one range, headers alone for HEAD.
 *
 * @throws Failure `range_not_satisfiable`, and what reading throws
 */
export async function bytesAnswer({ method, header }: BytesRequest, object: BytesToSend): Promise<Answer> {
  const { size, headers } = object;
  const tag = strongTag(object.sha256);
  headers.etag = tag;
  headers['accept-ranges'] = 'bytes';
  if (matchesNone(header('if-none-match'), tag)) return notModified(headers);

  const isHead = method === 'HEAD';
  // RFC 9110, 14.2: ranges are of GET alone
  const isPart = !isHead && mayContinue(header('if-range'), tag);
  const range = isPart ? readRange(header('range'), size) : 'whole';
  if (range === 'unsatisfiable') throw unsatisfiable(size);
  if (range === 'whole') {
    headers['content-length'] = String(size);
    return { status: 200, headers, body: isHead ? null : (object.bytes ?? (await object.read()).stream) };
  }
  headers['content-length'] = String(range.end - range.start + 1);
  headers['content-range'] = `bytes ${range.start}-${range.end}/${size}`;
  return { status: 206, headers, body: (await object.read(range)).stream };
}

/** Only what a cache needs to go on with what it has. */
function notModified({
  'content-type': _,
  'content-disposition': __,
  ...headers
}: Answer['headers']): Answer {
  return { status: 304, headers, body: null };
}

function unsatisfiable(size: number): Failure {
  return new Failure(
    'range_not_satisfiable',
    `The object has ${size} bytes; the range begins after them. Ask for bytes from 0 to ${size - 1}.`,
    { extra: { size } },
  );
}
