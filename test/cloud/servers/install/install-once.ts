import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../cache-folder.ts';
import { underLock } from './install-lock.ts';
import { missingTools, type ToolName } from './toolchain.ts';

/** How one thing gets into the cache folder. */
export interface Recipe {
  /** its folder in the cache */
  readonly name: string;
  /** everything that decides what is built; another value installs anew */
  readonly pin: string;
  /** what the installing needs on this machine */
  readonly tools: readonly ToolName[];
  /** what the running needs */
  readonly runsOn: readonly ToolName[];
  /** Fills an empty folder; throws when what came is not what is pinned. */
  build(folder: string): Promise<void>;
  /** what a Python environment needs, whose scripts hold the path of their folder: built in place, not moved there */
  readonly inPlace?: boolean;
}

const STAMP = '.installed';

/**
 * Answers the recipe's folder, filled. Any number of processes may ask at once: one installs, the others wait.
 * A folder counts as installed only once its stamp is written, so that an install cut short starts over.
 *
 * @throws Error naming what the machine lacks, or with the last words of the tool that failed
 */
export async function installOnce(recipe: Recipe): Promise<string> {
  const missing = await lackingFor(recipe);
  if (missing.length > 0)
    throw new Error(`${recipe.name} cannot be had here: it needs ${missing.join(' and ')}.`);
  const folder = folderOf(recipe);
  if (await isInstalled(folder, recipe)) return folder;
  return await underLock(`${folder}.lock`, async () => {
    if (!(await isInstalled(folder, recipe))) await install(folder, recipe);
    return folder;
  });
}

/** What this machine lacks for it, one phrase each: to run it, and to install it where it is not installed yet. */
export async function lackingFor(recipe: Recipe): Promise<string[]> {
  const installed = await isInstalled(folderOf(recipe), recipe);
  return await missingTools([...new Set([...(installed ? [] : recipe.tools), ...recipe.runsOn])]);
}

function folderOf(recipe: Recipe): string {
  return join(cacheFolder(), recipe.name);
}

async function isInstalled(folder: string, recipe: Recipe): Promise<boolean> {
  return (await readFile(join(folder, STAMP), 'utf8').catch(() => '')) === recipe.pin;
}

async function install(folder: string, recipe: Recipe): Promise<void> {
  process.stderr.write(`installing ${recipe.name} once, into ${folder}\n`);
  const workplace = recipe.inPlace ? folder : `${folder}.new`;
  await rm(workplace, { recursive: true, force: true });
  await mkdir(workplace, { recursive: true });
  await recipe.build(workplace);
  await writeFile(join(workplace, STAMP), recipe.pin);
  if (workplace === folder) return;
  if (existsSync(folder)) await rm(folder, { recursive: true });
  await rename(workplace, folder);
}
