import { once } from 'node:events';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';

export interface FileToZip {
  /** inside the archive; segments between slashes */
  readonly path: string;
  /** milliseconds */
  readonly modifiedAt: number;
  /** photographs are compressed already */
  readonly compress: boolean;
  readonly open: () => Promise<Readable>;
}

/**
 * An archive, written while it is read: a file is opened when the one before has gone out, so that it takes the same
 * memory however much there is. It breaks off where a file cannot be read: half an archive must not look whole.
 */
export function zipStream(files: AsyncIterable<FileToZip>): ReadableStream<Uint8Array> {
  const zip = new ZipFile();
  const out = zip.outputStream as Readable;
  const leaving = new AbortController();
  out.once('close', () => leaving.abort());
  fill(zip, files, leaving.signal).catch((error: unknown) => {
    out.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return Readable.toWeb(out) as ReadableStream<Uint8Array>;
}

async function fill(zip: ZipFile, files: AsyncIterable<FileToZip>, signal: AbortSignal): Promise<void> {
  for await (const { path, modifiedAt, compress, open } of files) {
    signal.throwIfAborted();
    const content = await open();
    const destroy = () => content.destroy();
    signal.addEventListener('abort', destroy, { once: true });
    const read = once(content, 'end', { signal });
    zip.addReadStream(content, path, { mtime: new Date(modifiedAt), mode: 0o100644, compress });
    await read;
    signal.removeEventListener('abort', destroy);
  }
  zip.end();
}
