import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WorkFolders } from './work-folders.ts';

let root: string;
let made = 0;
let folders: WorkFolders;
const below = () => readdir(root);
const left = (leftEmpty: boolean) => async (path: string) => ({ result: path, leftEmpty });

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'darkroom-folders-'));
  made = 0;
  const scratch = async () => {
    made += 1;
    const path = join(root, String(made));
    await mkdir(path);
    return { path, release: () => rm(path, { recursive: true }) };
  };
  folders = new WorkFolders({ scratch }, 1);
});

afterEach(() => rm(root, { recursive: true }));

describe('a folder', () => {
  it('is used again where it was left empty', async () => {
    const first = await folders.withOne(left(true));
    expect(await folders.withOne(left(true))).toBe(first);
    expect(made).toBe(1);
  });

  it.each([
    ['something was left in it', left(false)],
    [
      'the work failed',
      async (path: string) => {
        await writeFile(join(path, 'half'), 'x');
        throw new Error('no');
      },
    ],
  ])('is removed where %s', async (_, use) => {
    await folders.withOne(use).catch(() => {});
    expect(await below()).toEqual([]);
  });

  it('is nobody else’s meanwhile, and the surplus is removed', async () => {
    const both = folders.withOne(async (one) => {
      const other = await folders.withOne(left(true));
      return { result: [one, other], leftEmpty: true };
    });
    expect(new Set(await both).size).toBe(2);
    expect(await below()).toHaveLength(1);
  });

  it('goes with the rest, also where it is in use while they are closed', async () => {
    await folders.withOne(left(true));
    await folders.withOne(async () => {
      await folders.close();
      return { result: undefined, leftEmpty: true };
    });
    expect(await below()).toEqual([]);
  });
});
