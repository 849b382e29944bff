import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Metadata } from 'sharp';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { KnownHeaders } from './known-headers.ts';

let folder: string;
let path: string;
let reads = 0;
let headers: KnownHeaders;
const header = (extra: Partial<Metadata> = {}) => ({ width: 1, ...extra }) as Metadata;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-headers-'));
  path = join(folder, 'a');
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  await writeFile(path, 'one');
  reads = 0;
  headers = new KnownHeaders();
});

/** Asks twice with something done in between; answers how often the file was read. */
async function readsAround(between: () => unknown, extra?: Partial<Metadata>): Promise<number> {
  const ask = () =>
    headers.of(path, async () => {
      reads += 1;
      return header(extra);
    });
  await ask();
  await between();
  await ask();
  return reads;
}

it.each([
  ['nothing happened', () => {}, undefined, 1],
  ['other bytes were written', () => writeFile(path, 'two'), undefined, 2],
  [
    'another file took its place',
    async () => {
      await writeFile(`${path}2`, 'one');
      await rename(`${path}2`, path);
    },
    undefined,
    2,
  ],
  ['much came with the header', () => {}, { icc: Buffer.alloc(70_000) }, 2],
])('where %s', async (_, between, extra, expected) => {
  expect(await readsAround(between, extra)).toBe(expected);
});

it('does not remember what could not be read', async () => {
  await expect(headers.of(path, () => Promise.reject(new Error('cut')))).rejects.toThrow('cut');
  expect(await headers.of(path, async () => header())).toEqual(header());
});

it('forgets the ones that were not asked for lately', async () => {
  const fail = () => Promise.reject(new Error('read again'));
  await headers.of(path, async () => header());
  for (let index = 0; index < 64; index++) {
    const other = join(folder, `other${index}`);
    await writeFile(other, 'x');
    await headers.of(other, async () => header());
  }
  await expect(headers.of(path, fail)).rejects.toThrow('read again');
  expect(await headers.of(join(folder, 'other63'), fail)).toEqual(header());
});
