import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolders, NotAFolder } from './make-folders.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'darkroom-folders-'));
  await writeFile(join(root, 'file'), '');
});
afterAll(() => rm(root, { recursive: true }));

describe('makeFolders', () => {
  it('makes what is missing, says where it began, and minds nothing that is there', async () => {
    expect(await makeFolders(join(root, 'a/b/c'), 0o700)).toBe(join(root, 'a'));
    expect((await stat(join(root, 'a/b/c'))).mode & 0o777).toBe(0o700);
    expect(await makeFolders(join(root, 'a/b/c'))).toBeUndefined();
    expect(await makeFolders(join(root, 'a/b/d'))).toBe(join(root, 'a/b/d'));
  });

  it('is made many times at once', async () => {
    await Promise.all(Array.from({ length: 8 }, () => makeFolders(join(root, 'at/once/here'))));
    expect((await stat(join(root, 'at/once/here'))).isDirectory()).toBe(true);
  });

  it.each(['file', 'file/below', 'file/far/below'])(
    'names the file that is in the way of %s',
    async (path) => {
      const making = makeFolders(join(root, path));
      await expect(making).rejects.toBeInstanceOf(NotAFolder);
      await expect(making).rejects.toMatchObject({ path: join(root, 'file') });
    },
  );

  it.skipIf(process.platform !== 'linux')('comes to an end where nothing can be made', async () => {
    await expect(makeFolders('/proc/darkroom/data')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
