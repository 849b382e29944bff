import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../command.ts';
import { checkOutFolder, findInputs } from './inputs.ts';
import { OutputNames, outputStem } from './names.ts';

const signal = new AbortController().signal;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-inputs-'));
  await mkdir(join(folder, 'in/2024/deep'), { recursive: true });
  const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);
  const files: [string, Buffer | string][] = [
    ['in/b.jpg', 'not looked at'],
    ['in/A.JPEG', ''],
    ['in/notes.txt', 'no picture'],
    ['in/no-extension', jpeg],
    ['in/phone.heic', 'ftypheic'],
    ['in/.hidden.jpg', jpeg],
    ['in/2024/c.png', ''],
    ['in/2024/deep/d.webp', ''],
    ['elsewhere.tif', ''],
  ];
  for (const [name, content] of files) await writeFile(join(folder, name), content);
  await symlink(join(folder, 'elsewhere.tif'), join(folder, 'in/link.tif'));
  await symlink(join(folder, 'in'), join(folder, 'in/loop'));
  await symlink(join(folder, 'nowhere'), join(folder, 'in/broken.jpg'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('inputs', () => {
  it('are the pictures of a folder and its subfolders, by name or by content, in a stable order', async () => {
    const { files, skipped } = await findInputs([join(folder, 'in')], signal);
    expect(files.map(({ relativePath }) => relativePath)).toEqual([
      '2024/c.png',
      '2024/deep/d.webp',
      'A.JPEG',
      'b.jpg',
      'link.tif',
      'no-extension',
      'phone.heic',
    ]);
    expect(skipped).toBe(1);
  });

  it('are named files whatever they are, each once', async () => {
    const [notes, picture] = [join(folder, 'in/notes.txt'), join(folder, 'in/2024/c.png')];
    const { files } = await findInputs([notes, picture, picture, join(folder, 'in/2024')], signal);
    expect(files.map(({ relativePath }) => relativePath)).toEqual(['notes.txt', 'c.png', 'deep/d.webp']);
  });

  it.each(['nowhere.jpg', '/dev/null'])('cannot be %s', async (operand) => {
    await expect(findInputs([operand], signal)).rejects.toBeInstanceOf(UsageError);
  });

  it('are never in the output folder', async () => {
    const inputs = await findInputs([join(folder, 'in')], signal);
    for (const out of ['in', 'in/out', 'in/2024/deep/new/er', 'in/loop/out']) {
      await expect(checkOutFolder(join(folder, out), inputs), out).rejects.toThrow('choose a folder outside');
    }
    for (const out of ['out', 'in-out', '.']) {
      await expect(checkOutFolder(join(folder, out), inputs), out).resolves.toContain(folder);
    }
  });
});

describe('output names', () => {
  it.each([
    { inputs: ['cat.jpg', 'cat.png', 'cat.gif'], stems: ['cat', 'cat_2', 'cat_3'] },
    { inputs: ['2023/cat.jpg', '2024/cat.jpg'], stems: ['2023/cat', '2024/cat'] },
    { inputs: ['Cat.jpg', 'cat.jpg'], stems: ['Cat', 'cat_2'] },
    { inputs: ['cafe\u0301.jpg', 'caf\u00e9.jpg'], stems: ['cafe\u0301', 'caf\u00e9_2'] },
    { inputs: ['cat.jpg', 'cat_2.jpg', 'cat.png'], stems: ['cat', 'cat_2', 'cat_3'] },
    { inputs: ['holiday.photo.jpg', 'no-extension'], stems: ['holiday.photo', 'no-extension'] },
    // cat_small + large and cat + small_large would both write cat_small_large.webp.
    { inputs: ['cat.jpg', 'cat_small.jpg'], stems: ['cat', 'cat_small_2'] },
  ])('$inputs', ({ inputs, stems }) => {
    const names = new OutputNames(['large', 'small_large']);
    expect(inputs.map((input) => names.claim(input))).toEqual(stems);
  });

  it('never are the name of an input that lies in the output folder', () => {
    const names = new OutputNames(['large'], ['cat_large.webp']);
    expect(names.claim('cat.jpg')).toBe('cat_2');
  });

  it('fit into what a file system bears', () => {
    const names = new OutputNames(['large']);
    const stems = [`${'ä'.repeat(126)}.jpg`, `${'ä'.repeat(126)}.png`].map((input) => names.claim(input));
    expect(new Set(stems).size).toBe(2);
    for (const stem of stems) {
      expect(Buffer.byteLength(`${outputStem(stem, 'v'.repeat(32))}.webp`)).toBeLessThanOrEqual(255);
    }
  });
});
