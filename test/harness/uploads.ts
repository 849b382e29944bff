import { randomUUID } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Photo } from './photos.ts';
import type { TestServer } from './server.ts';

/** The server answered, and the answer is no. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, detail: string) {
    super(`${status} ${code}: ${detail}`);
    this.status = status;
    this.code = code;
  }
}

export interface Attempts {
  /** Called before each attempt after the first; throws to give up. */
  readonly again: (error: unknown) => Promise<void>;
}

/** A way in: answers the image id once the server has acknowledged the file, repeating what broke off. */
export type WayIn = (server: TestServer, photo: Photo, attempts: Attempts) => Promise<string>;

export const waysIn = {
  direct: async (server, photo, attempts) => {
    const key = randomUUID();
    return await repeat(attempts, async () => {
      const path = `/v1/images?filename=${encodeURIComponent(photo.filename)}`;
      const headers = { 'content-type': 'application/octet-stream', 'idempotency-key': key };
      return idIn(await server.fetch(path, { method: 'POST', headers, body: bodyOf(photo.bytes) }));
    });
  },

  signed: async (server, { filename, bytes, sha256 }, attempts) => {
    const { image_id: imageId, upload } = await repeat(attempts, async () => {
      const body = JSON.stringify({ filename, size: bytes.length, sha256 });
      const headers = { 'content-type': 'application/json' };
      const response = await accepted(await server.fetch('/v1/upload', { method: 'POST', headers, body }));
      return (await response.json()) as Reservation;
    });
    await repeat(attempts, async () => {
      const { method, url, headers } = upload;
      await accepted(await fetch(url, { method, headers, body: bodyOf(bytes) }));
    });
    return imageId;
  },

  resumable: async (server, photo, attempts) => {
    const location = await repeat(attempts, async () => {
      const response = await tus(server, '/v1/resumable', 'POST', {
        'upload-length': String(photo.bytes.length),
        'upload-metadata': `filename ${Buffer.from(photo.filename).toString('base64')}`,
      });
      return response.headers.get('location') ?? '';
    });
    let offset = 0;
    await repeat(attempts, async () => {
      offset = await offsetOf(server, location);
      while (offset < photo.bytes.length) offset = await sendPiece(server, location, photo.bytes, offset);
    });
    return new URL(location, server.url).pathname.split('/').at(-1) ?? '';
  },
} satisfies Record<string, WayIn>;
export type WayName = keyof typeof waysIn;

/** The folder as a way in acknowledges nothing: what was dropped completely has to become an image. */
export async function dropInto(inbox: string, photo: Photo): Promise<void> {
  const hidden = join(inbox, `.${photo.filename}.part`);
  await writeFile(hidden, photo.bytes);
  await rename(hidden, join(inbox, photo.filename));
}

interface Reservation {
  readonly image_id: string;
  readonly upload: {
    readonly method: string;
    readonly url: string;
    readonly headers: Record<string, string>;
  };
}

/** A third of the file each, so that most uploads have a middle in which they can be cut. */
async function sendPiece(
  server: TestServer,
  location: string,
  bytes: Buffer,
  offset: number,
): Promise<number> {
  const piece = bytes.subarray(offset, offset + Math.ceil(bytes.length / 3));
  const headers = { 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' };
  const response = await tus(server, location, 'PATCH', headers, bodyOf(piece));
  return Number(response.headers.get('upload-offset'));
}

async function offsetOf(server: TestServer, location: string): Promise<number> {
  return Number((await tus(server, location, 'HEAD', {})).headers.get('upload-offset'));
}

async function tus(
  server: TestServer,
  path: string,
  method: string,
  headers: Record<string, string>,
  body?: RequestInit['body'],
): Promise<Response> {
  const init = { method, headers: { ...headers, 'tus-resumable': '1.0.0' }, ...(body ? { body } : {}) };
  return await accepted(await server.fetch(path, init));
}

async function repeat<T>(attempts: Attempts, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof Refused && error.status < 500) throw error;
      await attempts.again(error);
    }
  }
}

async function idIn(response: Response): Promise<string> {
  const { image_id: imageId } = (await (await accepted(response)).json()) as { image_id: string };
  return imageId;
}

/** @throws Refused where the server answered with a problem */
export async function accepted(response: Response): Promise<Response> {
  if (response.ok) return response;
  const body = await response.text();
  const problem = parseProblem(body);
  throw new Refused(response.status, problem.code ?? 'no_code', problem.detail ?? body.slice(0, 300));
}

function parseProblem(text: string): { code?: string; detail?: string } {
  try {
    return JSON.parse(text) as { code?: string; detail?: string };
  } catch {
    return {};
  }
}

/** fetch wants bytes of their own memory. */
function bodyOf(bytes: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
