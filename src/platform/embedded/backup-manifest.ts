import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Failure } from '../../failures.ts';
import { isMissing } from './disk.ts';

/**
 * What a backup holds, one JSON document a line: a head, a line for each file, and an end that counts and hashes the
 * lines before it. It is written last, so that a backup without an end is one that was interrupted.
 */
export const MANIFEST = 'manifest.ndjson';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const Head = z.object({
  darkroom_backup: z.literal(1),
  schema: z.int(),
  created_at: z.iso.datetime(),
});
const Entry = z.object({
  kind: z.enum(['database', 'object']),
  name: z.string(),
  size: z.int(),
  sha256: Sha256,
});
const End = z.object({ end: z.literal(true), files: z.int(), sha256: Sha256 });

export type ManifestHead = z.infer<typeof Head>;
export type ManifestEntry = z.infer<typeof Entry>;

export interface Manifest {
  readonly head: ManifestHead;
  readonly entries: readonly ManifestEntry[];
}

export function formatManifest({ head, entries }: Manifest): string {
  const body = [head, ...entries].map((line) => `${JSON.stringify(line)}\n`).join('');
  return `${body}${JSON.stringify({ end: true, files: entries.length, sha256: hashOf(body) })}\n`;
}

/** @throws Failure `backup_unusable` where the folder holds no complete backup */
export async function readManifest(path: string): Promise<Manifest> {
  const content = await readFile(path, 'utf8').catch((error) => {
    if (!isMissing(error)) throw error;
    throw unusable(`There is no ${path}: this is not a backup, or it was interrupted. Use another one.`);
  });
  return parseManifest(content);
}

/** @throws Failure `backup_unusable` */
export function parseManifest(content: string): Manifest {
  try {
    const lines = content.trimEnd().split('\n');
    const [head, ...entries] = lines.slice(0, -1).map((line): unknown => JSON.parse(line));
    const end = End.parse(JSON.parse(lines.at(-1) ?? ''));
    const body = content.slice(0, content.length - (lines.at(-1)?.length ?? 0) - 1);
    if (end.files !== entries.length || end.sha256 !== hashOf(body))
      throw new Error('lines are missing or changed');
    return { head: Head.parse(head), entries: z.array(Entry).parse(entries) };
  } catch (error) {
    throw unusable('The manifest of the backup is damaged or incomplete. Use another backup.', error);
  }
}

export function unusable(message: string, cause?: unknown): Failure {
  return new Failure('backup_unusable', message, cause === undefined ? {} : { cause });
}

function hashOf(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}
