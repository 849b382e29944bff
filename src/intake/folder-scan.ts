import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';

/** Where refused files go, inside the watched folder. */
export const REJECTED_FOLDER = 'rejected';

export interface DroppedFile {
  /** as bytes: names on Linux need not be UTF-8 */
  readonly path: Buffer;
  /** the path inside the watched folder, for people */
  readonly place: string;
  readonly stats: BigIntStats;
}

/**
 * The regular files of a folder and its subfolders. Symbolic links are not followed: who may drop files must not be
 * able to name others. What is hidden, or called unfinished by who writes it, is left out.
 *
 * @throws system errors of the folder itself
 */
export async function* droppedFiles(root: string, aside: Aside): AsyncGenerator<DroppedFile> {
  yield* filesIn(Buffer.from(root), '', aside);
}

/** Who is told about what is not given out. */
export interface Aside {
  /** of subfolders and files that cannot be looked at */
  unreadable(place: string, error: unknown): void;
  /** of what is there and will not be taken, whoever waits for it */
  passedOver(place: string, why: string): void;
}

async function* filesIn(folder: Buffer, place: string, aside: Aside): AsyncGenerator<DroppedFile> {
  for (const entry of await entriesOf(folder, place, aside)) {
    const path = Buffer.concat([folder, SLASH, entry.name]);
    const name = entry.name.toString();
    const placed = place === '' ? name : `${place}/${name}`;
    if (placed === REJECTED_FOLDER) continue;
    const ignored = whyIgnored(name);
    if (ignored) aside.passedOver(placed, ignored);
    else if (entry.isDirectory()) yield* filesIn(path, placed, aside);
    else yield* fileAt(path, placed, aside);
  }
}

async function entriesOf(folder: Buffer, place: string, aside: Aside): Promise<Dirent<Buffer>[]> {
  try {
    return await readdir(folder, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    if (place === '') throw error;
    if (!hasVanished(error)) aside.unreadable(place, error);
    return [];
  }
}

async function* fileAt(path: Buffer, place: string, aside: Aside): AsyncGenerator<DroppedFile> {
  try {
    const stats = await lstat(path, { bigint: true });
    if (stats.isFile()) yield { path, place, stats };
    else aside.passedOver(place, stats.isSymbolicLink() ? 'it is a symbolic link' : 'it is no regular file');
  } catch (error) {
    if (!hasVanished(error)) aside.unreadable(place, error);
  }
}

/** Programs that download or copy write under such names first, and rename when they are done. */
function whyIgnored(name: string): string | undefined {
  if (name.startsWith('.')) return 'it is hidden';
  return /\.(part|tmp|crdownload)$/i.test(name) ? 'its name says that it is not complete' : undefined;
}

/** Whether a file is the same and unchanged, as far as the file system tells. */
export function sameFile(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.size === b.size && a.mtimeNs === b.mtimeNs;
}

export function hasVanished(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

const SLASH = Buffer.from('/');
