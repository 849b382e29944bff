import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { dispositionFilename } from '../../http/sent-filename.ts';
import { normaliseFilename } from '../../intake/file-name.ts';
import { UsageError } from '../command.ts';
import { imagePath } from './records.ts';
import type { Remote } from './remote.ts';
import { retrying } from './retry.ts';

export interface PictureChoice {
  readonly variant?: string;
  readonly format?: string;
  readonly original?: boolean;
}

export interface Picture {
  readonly contentType: string;
  writeTo(stream: NodeJS.WritableStream): Promise<void>;
  /** @param target a file, which is replaced, or an existing folder; the server's name in the working folder without */
  save(target?: string): Promise<{ file: string; size: number }>;
}

/** Asks for a picture; its bytes are read when they are written somewhere. @throws RemoteProblem */
export async function fetchPicture(remote: Remote, imageId: string, choice: PictureChoice): Promise<Picture> {
  const { path, query } = placeOf(imageId, choice);
  const response = await retrying(() => remote.request('GET', path, { query }), remote);
  const { body, headers } = response;
  const source = () =>
    Readable.fromWeb((body ?? new ReadableStream()) as Parameters<typeof Readable.fromWeb>[0]);
  const contentType = headers.get('content-type') ?? 'application/octet-stream';
  return {
    contentType,
    writeTo: (stream) => pipeline(source(), stream, { signal: remote.signal, end: false }),
    save: (target) => save(source(), { target, name: nameIn(headers), signal: remote.signal }),
  };
}

function placeOf(imageId: string, { variant, format, original }: PictureChoice) {
  if (original) return { path: `${imagePath(imageId)}/original`, query: [] };
  const query: [string, string][] = [
    ...(variant === undefined ? [] : [['v', variant] as [string, string]]),
    ...(format === undefined ? [] : [['fm', format] as [string, string]]),
    ['dl', ''],
  ];
  return { path: `/i/${encodeURIComponent(imageId)}`, query };
}

/** A server's word for a name in our folder: one harmless segment. */
function nameIn(headers: Headers): string {
  const disposition = headers.get('content-disposition');
  return normaliseFilename((disposition && dispositionFilename(disposition)) ?? 'image');
}

async function save(
  source: Readable,
  { target, name, signal }: { target: string | undefined; name: string; signal: AbortSignal },
): Promise<{ file: string; size: number }> {
  const isFolder =
    target !== undefined &&
    (await stat(target).then(
      (facts) => facts.isDirectory(),
      () => false,
    ));
  const mayReplace = target !== undefined && !isFolder;
  const file = mayReplace ? resolve(target) : resolve(target ?? '.', name);
  if (!mayReplace && existsSync(file)) {
    source.destroy();
    throw new UsageError(
      `${JSON.stringify(file)} is there already. Say --output FILE to replace it or to name another.`,
    );
  }
  const partial = join(dirname(file), `.darkroom-${crypto.randomUUID()}.part`);
  try {
    await pipeline(source, createWriteStream(partial, { flags: 'wx' }), { signal });
    const { size } = await stat(partial);
    await rename(partial, file);
    return { file, size };
  } finally {
    await rm(partial, { force: true });
  }
}
