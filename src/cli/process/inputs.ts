import { open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { SNIFF_BYTES, sniffFormat } from '../../pixels/sniff.ts';
import { UsageError } from '../command.ts';

export interface InputFile {
  /** absolute */
  readonly path: string;
  /** where it is under the folder that was named; of a named file, its name */
  readonly relativePath: string;
}

export interface Inputs {
  /** in a stable order, each file once */
  readonly files: readonly InputFile[];
  /** folders that were named, absolute and without symbolic links */
  readonly folders: readonly string[];
  /** files in those folders that are no pictures, by name and by content */
  readonly skipped: number;
}

/**
 * What files of pictures are called. HEIC and the others that Darkroom does not read are among them, so that they are
 * reported and not passed over in silence.
 */
const PICTURE_NAMES = /\.(jpe?g|jpe|jfif|png|gif|webp|avif|tiff?|heic|heif|jxl|jp2|bmp)$/i;

/**
 * All pictures in the files and folders. A named file is taken whatever it is; in folders, hidden files and links
 * to folders are passed over, and so is what neither has the name of a picture nor begins like one.
 *
 * @throws UsageError where a path does not exist or is no file or folder
 */
export async function findInputs(operands: readonly string[], signal: AbortSignal): Promise<Inputs> {
  const files = new Map<string, InputFile>();
  const folders: string[] = [];
  let skipped = 0;
  for (const operand of operands) {
    const path = resolve(operand);
    const kind = await kindOf(operand);
    if (kind === 'folder') folders.push(await realpath(path));
    const found = kind === 'folder' ? walk(path, signal) : [path];
    for await (const file of found) {
      const isPicture = kind === 'file' || PICTURE_NAMES.test(file) || (await beginsLikePicture(file));
      if (!isPicture) skipped += 1;
      else if (!files.has(file)) files.set(file, { path: file, relativePath: relativeTo(path, file) });
    }
  }
  return { files: [...files.values()], folders, skipped };
}

function relativeTo(operand: string, file: string): string {
  return operand === file ? basename(file) : relative(operand, file);
}

async function kindOf(operand: string): Promise<'file' | 'folder'> {
  const facts = await stat(operand).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      error.code === 'ENOENT' ? `There is no file or folder ${JSON.stringify(operand)}.` : error.message,
    );
  });
  if (facts.isDirectory()) return 'folder';
  if (facts.isFile()) return 'file';
  throw new UsageError(`${JSON.stringify(operand)} is neither a file nor a folder.`);
}

async function* walk(folder: string, signal: AbortSignal): AsyncGenerator<string> {
  signal.throwIfAborted();
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path, signal);
    else if (entry.isFile() || (entry.isSymbolicLink() && (await leadsToFile(path)))) yield path;
  }
}

async function leadsToFile(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isFile(),
    () => false,
  );
}

async function beginsLikePicture(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined);
  if (!file) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
    return sniffFormat(buffer.subarray(0, bytesRead)) !== undefined;
  } finally {
    await file.close();
  }
}

/** Where outputs go: never into a folder that is read. @throws UsageError */
export async function checkOutFolder(out: string, inputs: Inputs): Promise<string> {
  const path = await realpathOfWhatExists(resolve(out)).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOTDIR' ? notAFolder(out, 'lies below a file') : error;
  });
  const facts = await stat(path).catch(() => undefined);
  if (facts && !facts.isDirectory()) throw notAFolder(out, 'is a file');
  const within = inputs.folders.find((folder) => path === folder || path.startsWith(join(folder, '/')));
  if (within !== undefined) {
    throw new UsageError(
      `--out ${JSON.stringify(out)} lies in ${JSON.stringify(within)}, which is read: choose a folder outside of it.`,
    );
  }
  return path;
}

function notAFolder(out: string, what: string): UsageError {
  return new UsageError(
    `--out ${JSON.stringify(out)} ${what}: name a folder, which is made where it is missing.`,
  );
}

async function realpathOfWhatExists(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    return join(await realpathOfWhatExists(dirname(path)), basename(path));
  }
}

/** The name without its last extension: `holiday.photo.jpg` is `holiday.photo`. */
export function stemOf(relativePath: string): string {
  const extension = extname(relativePath);
  return extension === '' ? relativePath : relativePath.slice(0, -extension.length);
}
