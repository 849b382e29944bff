import { randomUUID } from 'node:crypto';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RenderedOutput, RenderPlan } from '../pixels/render-plan.ts';
import { areThere, isAsPlanned } from './rendered-files.ts';

const webp = { format: 'webp', quality: 80, effort: 4, lossless: false } as const;
const output = (name: string) => ({ name, file: `${name}.webp`, encoding: webp, keep: [], step: 'convert' });
const plan: RenderPlan = {
  source: { path: '/in', format: 'jpeg' },
  frames: [{ id: '1', from: { decode: 'first' }, operations: [], outputs: [output('a'), output('b')] }],
};

const outDir = join(tmpdir(), `darkroom-files-${randomUUID()}`);
beforeAll(async () => {
  await mkdir(outDir);
  await writeFile(join(outDir, 'a.webp'), '12345');
  await writeFile(join(outDir, 'b.webp'), '12345');
  await symlink('/etc/passwd', join(outDir, 'link.webp'));
});
afterAll(() => rm(outDir, { recursive: true }));

function made(name: string, differences: Partial<RenderedOutput> = {}): RenderedOutput {
  const facts = { format: 'webp', width: 1, height: 1, pages: 1, size: 5, sha256: '0'.repeat(64) } as const;
  return { name, path: join(outDir, `${name}.webp`), ...facts, ...differences };
}

describe('what a renderer says that it has written is not believed', () => {
  it.each([
    ['as planned', [made('a'), made('b')], true],
    ['in another order', [made('b'), made('a')], true],
    ['one is missing', [made('a')], false],
    ['one too many', [made('a'), made('b'), made('c')], false],
    ['one twice', [made('a'), made('a')], false],
    ['another file', [made('a'), made('b', { path: '/etc/passwd' })], false],
    ['a way out', [made('a'), made('b', { path: '../b.webp' })], false],
    ['another format', [made('a'), made('b', { format: 'jpeg' })], false],
  ])('%s', (_, outputs, expected) => {
    expect(isAsPlanned(plan, outDir, { outputs, stepMs: {} })).toBe(expected);
  });

  it.each([
    ['all there', [made('a'), made('b')], true],
    ['no such file', [made('c')], false],
    ['another size', [made('a', { size: 6 })], false],
    ['a link to somewhere else', [made('link')], false],
    ['a folder', [made('a', { path: tmpdir() })], false],
  ])('%s', (_, outputs, expected) => {
    expect(areThere({ outputs, stepMs: {} })).toBe(expected);
  });
});
