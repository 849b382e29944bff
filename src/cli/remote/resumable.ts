import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Failure } from '../../failures.ts';
import { RemoteProblem } from './problem.ts';
import type { Remote } from './remote.ts';
import { isPassing, patiently, pauseAfter, retrying } from './retry.ts';

/** Bytes. What a broken connection costs at most; also what is held in memory. */
const PIECE = 4 * 2 ** 20;
const TUS = { 'tus-resumable': '1.0.0' };
/** Pieces that failed one after the other, without any progress between, until the upload is given up. */
const MOST_SETBACKS = 8;

interface Upload {
  readonly imageId: string;
  readonly path: string;
  /** bytes */
  readonly size: number;
}

/**
 * Sends a file in pieces by tus 1.0, each with its checksum. After a setback it asks how far the server has come and
 * goes on from there.
 *
 * @throws RemoteProblem
 */
export async function sendInPieces(remote: Remote, { imageId, path, size }: Upload): Promise<void> {
  const target = `/v1/resumable/${encodeURIComponent(imageId)}`;
  const file = await open(path);
  try {
    let offset = await offsetOf(remote, target);
    for (let setbacks = 0; offset < size; ) {
      const piece = await pieceAt(file, offset);
      try {
        offset = await sendPiece(remote, target, piece, offset);
        setbacks = 0;
      } catch (error) {
        remote.signal.throwIfAborted();
        if (!isSetback(error) || ++setbacks > MOST_SETBACKS) throw error;
        await pauseAfter(error, setbacks, remote.signal);
        const reached = await offsetOf(remote, target);
        if (reached > offset) setbacks = 0;
        offset = reached;
      }
    }
  } finally {
    await file.close();
  }
}

/** Bytes that the server has for good. */
async function offsetOf(remote: Remote, target: string): Promise<number> {
  const response = await retrying(() => remote.request('HEAD', target, { headers: TUS }), patiently(remote));
  return offsetIn(response);
}

async function sendPiece(
  remote: Remote,
  target: string,
  piece: Uint8Array<ArrayBuffer>,
  offset: number,
): Promise<number> {
  const headers = {
    ...TUS,
    'content-type': 'application/offset+octet-stream',
    'upload-offset': String(offset),
    'upload-checksum': `sha256 ${createHash('sha256').update(piece).digest('base64')}`,
  };
  return offsetIn(await remote.request('PATCH', target, { headers, body: piece }));
}

async function pieceAt(file: FileHandle, offset: number): Promise<Uint8Array<ArrayBuffer>> {
  const { buffer, bytesRead } = await file.read(new Uint8Array(PIECE), 0, PIECE, offset);
  if (bytesRead > 0) return buffer.subarray(0, bytesRead);
  throw new Failure('length_mismatch', 'The file became shorter while it was sent.');
}

function offsetIn(response: Response): number {
  const offset = Number(response.headers.get('upload-offset') ?? Number.NaN);
  if (Number.isSafeInteger(offset)) return offset;
  const words = `${response.url} answered without Upload-Offset. Does DARKROOM_URL lead to a Darkroom?`;
  throw new RemoteProblem('unexpected_answer', words, { status: response.status });
}

/** What goes away by asking how far the server is: elsewhere than thought (409), bytes that changed on the way (460). */
function isSetback(error: unknown): error is RemoteProblem {
  return isPassing(error) || (error instanceof RemoteProblem && [409, 460].includes(error.status));
}
