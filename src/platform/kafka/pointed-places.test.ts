import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf } from '../../intake/ways-in.contract.ts';
import { openPointed } from './pointed-places.ts';

const signal = new AbortController().signal;
let root: string;
let photos: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'darkroom-pointed-'));
  await mkdir(join(root, 'photos/deep'), { recursive: true });
  await mkdir(join(root, 'photos-of-others'));
  for (const path of ['photos/a b.jpg', 'photos/deep/c.jpg', 'photos-of-others/x.jpg', 'secret.txt'])
    await writeFile(join(root, path), path);
  await symlink(join(root, 'secret.txt'), join(root, 'photos/link.jpg'));
  await symlink(root, join(root, 'photos/out'));
  await symlink(join(root, 'photos/deep/c.jpg'), join(root, 'photos/inside.jpg'));
  photos = `${pathToFileURL(join(root, 'photos')).href}/`;
});
afterAll(() => rm(root, { recursive: true, force: true }));

const pointed = () => openPointed([photos, 's3://drops/in/'], { isCompat: false });

describe('what a message points to', () => {
  it.each([
    ['a%20b.jpg', 'photos/a b.jpg'],
    ['deep/c.jpg', 'photos/deep/c.jpg'],
    ['inside.jpg', 'photos/deep/c.jpg'],
  ])('is read below an allowed folder: %s', async (path, content) => {
    const { size, body } = await pointed().open(photos + path, signal);
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe(content);
    expect(size).toBe(content.length);
  });

  it.each([
    ['outside of it', () => `${photos}../secret.txt`],
    ['outside of it, encoded', () => `${photos}%2e%2e/secret.txt`],
    ['outside of it, with a slash that is none', () => `${photos}..%2fsecret.txt`],
    ['beside it', () => `${photos.slice(0, -1)}-of-others/x.jpg`],
    ['behind a link to a file', () => `${photos}link.jpg`],
    ['behind a link to a folder', () => `${photos}out/secret.txt`],
    ['a folder', () => `${photos}deep`],
    ['the place itself', () => photos],
    ['another bucket', () => 's3://others/in/a.jpg'],
    ['another prefix', () => 's3://drops/out/a.jpg'],
    ['another prefix, by way of dots', () => 's3://drops/in/../out/a.jpg'],
    ['another prefix, by way of hidden dots', () => 's3://drops/in/..%2fout/a.jpg'],
    ['a server', () => 'http://169.254.169.254/latest/meta-data/'],
    ['something with a query', () => `${photos}a%20b.jpg?x=1`],
    ['data', () => 'data:image/png;base64,AAAA'],
    ['nothing', () => 'not a url'],
  ])('is refused where it is %s', async (_, pointer) => {
    expect(await codeOf(pointed().open(pointer(), signal))).toBe('invalid_request');
  });

  it('may be missing', async () => {
    expect(await codeOf(pointed().open(`${photos}missing.jpg`, signal))).toBe('object_not_found');
  });

  it('is nothing at all where no place is named', async () => {
    expect(await codeOf(openPointed([], { isCompat: false }).open(`${photos}a%20b.jpg`, signal))).toBe(
      'invalid_request',
    );
  });
});
