import { type FileHandle, open, readdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../../failures.ts';
import { type Disk, isMissing, onDisk } from './disk.ts';

const SUFFIX = '.part';
const ID = /^[A-Za-z0-9-]{1,128}$/;

/** Where the bytes of an unfinished upload lie. @throws Failure `upload_not_found` for what cannot be an id */
export function partialPath(folder: string, imageId: string): string {
  if (!ID.test(imageId)) throw uploadNotFound(imageId);
  return join(folder, `${imageId}${SUFFIX}`);
}

/** Opens the bytes of an upload with just what is durable of them: what lies behind `offset` was never answered. */
export async function openPartial(path: string, offset: number, disk: Disk): Promise<FileHandle> {
  const file = await onDisk(openOrCreate(path, disk));
  try {
    const { size } = await onDisk(file.stat());
    if (size < offset) throw new Failure('object_damaged', 'Bytes of this upload are lost. Start it again.');
    if (size > offset) await onDisk(file.truncate(offset));
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openOrCreate(path: string, disk: Disk): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if (!isMissing(error)) throw error;
    const file = await open(path, 'wx+', 0o600);
    await disk.syncPath(dirname(path));
    return file;
  }
}

export async function removePartial(path: string, disk: Disk): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  await disk.syncPath(dirname(path));
}

/** The ids of which there are bytes. */
export async function partialIds(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length));
}

export function uploadNotFound(imageId: string): Failure {
  return new Failure('upload_not_found', `There is no upload ${imageId.slice(0, 80)}. Start a new one.`);
}
