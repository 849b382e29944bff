import { createHash } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rename, unlink } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { Failure, isFailure } from '../failures.ts';
import type { StoredObject } from '../images/object-store.ts';
import { normaliseFilename } from './file-name.ts';
import { type DroppedFile, hasVanished, REJECTED_FOLDER, sameFile } from './folder-scan.ts';
import type { Intake } from './intake.ts';

export interface Taking {
  readonly intake: Pick<Intake, 'receive'>;
  readonly inbox: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly signal: AbortSignal;
}

export type Taken =
  | {
      readonly outcome: 'taken';
      readonly imageId: string;
      /** why the file could not be removed */
      readonly stays?: unknown;
    }
  | { readonly outcome: 'rejected'; readonly failure: Failure };

/**
 * Makes an image of a file, and only then removes the file. A crash in between leaves both; the file's identity is the
 * idempotency key, so that taking it again finds the image.
 *
 * @throws Failure, system errors: the file stays where it is, and may be tried again
 */
export async function takeFile(taking: Taking, file: DroppedFile): Promise<Taken> {
  try {
    const imageId = await received(taking, file);
    const stays = await removeUnlessReplaced(file);
    return { outcome: 'taken', imageId, ...(stays !== undefined && { stays }) };
  } catch (error) {
    // The sender's doing, which no second try changes. All else may pass: a full disk, a file that is still written.
    if (!isFailure(error, 'empty_file', 'unsupported_format', 'file_too_large')) throw error;
    await setAside(taking.inbox, file, error);
    return { outcome: 'rejected', failure: error };
  }
}

async function received({ intake, tenantId, userId, signal }: Taking, file: DroppedFile): Promise<string> {
  const handle = await open(file.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile() || !sameFile(stats, file.stats)) throw stillChanging(file);
    const { stored } = await intake.receive({
      tenantId,
      userId,
      source: 'folder',
      filename: basename(file.place),
      body: contentOf(handle, file, stats),
      size: Number(stats.size),
      idempotencyKey: (content) => identityOf(file, content),
      signal,
    });
    return stored.record.image_id;
  } finally {
    await handle.close();
  }
}

const CHUNK_BYTES = 256 * 1024;

/** Fails at the end where the file changed while it was read: half of one picture and half of another is none. */
async function* contentOf(
  handle: FileHandle,
  file: DroppedFile,
  before: BigIntStats,
): AsyncGenerator<Buffer> {
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES));
    if (bytesRead === 0) break;
    yield buffer.subarray(0, bytesRead);
  }
  if (!sameFile(before, await handle.stat({ bigint: true }))) throw stillChanging(file);
}

function stillChanging({ place }: DroppedFile): Failure {
  return new Failure(
    'upload_interrupted',
    `${place} changed while it was read. It is taken once it is still.`,
  );
}

/** The time of birth tells a file that was dropped twice from one that was there all the time. */
function identityOf({ path, stats }: DroppedFile, content: StoredObject): string {
  const { dev, ino, size, mtimeNs, birthtimeNs } = stats;
  const facts = [dev, ino, size, mtimeNs, birthtimeNs, content.sha256].join(':');
  return `folder:${createHash('sha256').update(path).update('\0').update(facts).digest('hex')}`;
}

/** @returns why that was not possible */
async function removeUnlessReplaced({ path, stats }: DroppedFile): Promise<unknown> {
  try {
    if (sameFile(await lstat(path, { bigint: true }), stats)) await unlink(path);
    return undefined;
  } catch (error) {
    return hasVanished(error) ? undefined : error;
  }
}

/** Room for a number and `.txt` within what file systems take. */
const MAX_NAME_BYTES = 200;

/** Moves a refused file out of the way, beside a text that says why. Nothing that is there is overwritten. */
async function setAside(inbox: string, file: DroppedFile, failure: Failure): Promise<void> {
  const folder = join(inbox, REJECTED_FOLDER);
  await mkdir(folder, { recursive: true });
  const name = normaliseFilename(basename(file.place), MAX_NAME_BYTES);
  for (let number = 1; ; number += 1) {
    const target = join(folder, numbered(name, number));
    const report = await claim(target);
    if (!report) continue;
    try {
      await report.writeFile(reasonFor(file, failure));
      await rename(file.path, target);
      return;
    } catch (error) {
      await unlink(`${target}.txt`);
      throw error;
    } finally {
      await report.close();
    }
  }
}

/** `photo.jpg`, `photo (2).jpg`, ... */
function numbered(name: string, number: number): string {
  if (number === 1) return name;
  const extension = extname(name);
  return `${name.slice(0, name.length - extension.length)} (${number})${extension}`;
}

/** The report beside `target`, made by this very call; nothing where either name is taken. */
async function claim(target: string): Promise<FileHandle | undefined> {
  const isTaken = await lstat(target).then(
    () => true,
    () => false,
  );
  if (isTaken) return undefined;
  try {
    return await open(`${target}.txt`, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
}

function reasonFor({ place }: DroppedFile, { code, message }: Failure): string {
  return `${place} was not taken.\n\n${message}\n\nCode: ${code}\nWhen: ${new Date().toISOString()}\n`;
}
