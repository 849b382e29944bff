import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where photographs are looked for when no folder is given. */
const PHOTO_FOLDERS = [join(root, '../shared/photos/bench'), join(root, 'samples')];

/** All JPEG and PNG files of the folder given, or of the first default folder that has some; sorted by name. */
export async function findPhotos(folder?: string): Promise<string[]> {
  for (const candidate of folder === undefined ? PHOTO_FOLDERS : [folder]) {
    const names = await readdir(candidate).catch(() => []);
    const photos = names.filter((name) => /\.(jpe?g|png)$/i.test(name)).sort();
    if (photos.length > 0) return photos.map((name) => join(candidate, name));
  }
  throw new Error(`no JPEG or PNG photographs in ${folder ?? PHOTO_FOLDERS.join(' or ')}`);
}

/** The photographs again and again, until there are `count`. */
export function repeat(photos: readonly string[], count: number): string[] {
  return Array.from({ length: count }, (_, index) => photos[index % photos.length] as string);
}
