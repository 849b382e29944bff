import { open, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { canonicalJson } from '../../audit/canonical-json.ts';
import { Checkpoint } from '../../audit/checkpoint.ts';
import { isMissing, onDisk } from './disk.ts';

/** Where signed heads of the trails are kept outside the database: a line of JSON each, only ever added to. */
export function checkpointFile(dataDir: string): string {
  return join(resolve(dataDir), 'audit-checkpoints.jsonl');
}

/** Durable when it answers. What a crash left half written keeps a line of its own. */
export async function addCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await onDisk(
    (async () => {
      await using file = await open(path, 'a', 0o600);
      await file.appendFile(`\n${canonicalJson(checkpoint)}\n`);
      await file.sync();
    })(),
  );
}

/** All whole ones, oldest first; none where there is no file. */
export async function readCheckpoints(path: string): Promise<Checkpoint[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return '';
    throw error;
  });
  return text.split('\n').flatMap((line) => checkpointIn(line) ?? []);
}

function checkpointIn(line: string): Checkpoint | undefined {
  try {
    return Checkpoint.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
