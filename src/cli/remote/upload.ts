import { createHash } from 'node:crypto';
import { createReadStream, openAsBlob } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { RemoteProblem } from './problem.ts';
import { imagePath, RemoteRecord } from './records.ts';
import type { Remote } from './remote.ts';
import { sendInPieces } from './resumable.ts';
import { patiently, retrying } from './retry.ts';

export const WAYS = ['direct', 'signed', 'resumable'] as const;
export type Way = (typeof WAYS)[number];

/** Larger files go in pieces: a connection that breaks then costs one piece and not the whole. Bytes. */
export const RESUMABLE_FROM = 8_000_000;

export interface UploadJob {
  readonly path: string;
  readonly filename: string;
  /** bytes */
  readonly size: number;
  readonly pipeline?: string;
  readonly tags: Readonly<Record<string, string>>;
}

const Reserved = z.object({
  image_id: z.string(),
  upload: z.object({
    method: z.string(),
    url: z.string(),
    headers: z.record(z.string(), z.string()),
  }),
});

/**
 * Sends a file and answers its record as soon as the server has it safely. Repeated where the connection breaks or the
 * server is busy; however often, it makes one image.
 *
 * @throws RemoteProblem
 */
export function upload(remote: Remote, job: UploadJob, way: Way): Promise<RemoteRecord> {
  return senders[way](remote, job);
}

const senders: Readonly<Record<Way, (remote: Remote, job: UploadJob) => Promise<RemoteRecord>>> = {
  direct: sendDirectly,
  signed: sendSigned,
  resumable: sendResumable,
};

async function sendDirectly(remote: Remote, { path, filename, pipeline: name, tags }: UploadJob) {
  const bytes = await readFile(path);
  const query: [string, string][] = [
    ['filename', filename],
    ...(name === undefined ? [] : [['pipeline', name] as [string, string]]),
    ...Object.entries(tags).map(([key, value]): [string, string] => [`tag.${key}`, value]),
  ];
  const headers = { 'content-type': 'application/octet-stream', 'idempotency-key': crypto.randomUUID() };
  const record = await retrying(
    () => remote.json(RemoteRecord, 'POST', '/v1/images', { query, headers, body: bytes }),
    patiently(remote),
  );
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (record.original?.sha256 === sha256) return record;
  const words = 'The server stored other bytes than those that were sent: something between changes them.';
  throw new RemoteProblem('checksum_mismatch', words, { status: 202 });
}

async function sendSigned(remote: Remote, job: UploadJob): Promise<RemoteRecord> {
  const { image_id: imageId, upload: target } = await reserve(remote, job);
  const body = await openAsBlob(job.path);
  await retrying(async () => {
    const { method, url, headers } = target;
    const response = await remote.fetch(method, url, { headers, body });
    await response.body?.cancel();
  }, patiently(remote));
  return retrying(() => remote.json(RemoteRecord, 'GET', imagePath(imageId)), patiently(remote));
}

async function sendResumable(remote: Remote, job: UploadJob): Promise<RemoteRecord> {
  const { image_id: imageId } = await reserve(remote, job);
  await sendInPieces(remote, { imageId, path: job.path, size: job.size });
  return retrying(() => remote.json(RemoteRecord, 'GET', imagePath(imageId)), patiently(remote));
}

/** A place for the file, bound to its size and content: what arrives is checked against them. */
async function reserve(remote: Remote, { path, filename, size, pipeline: name, tags }: UploadJob) {
  const request = {
    filename,
    size,
    tags,
    sha256: await sha256Of(path, remote.signal),
    ...(name === undefined ? {} : { pipeline: name }),
  };
  const headers = { 'idempotency-key': crypto.randomUUID() };
  return retrying(() => remote.send(Reserved, 'POST', '/v1/upload', request, { headers }), patiently(remote));
}

async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest('hex');
}
