import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from './database.ts';
import type { Disk } from './disk.ts';

export interface HealthDeps {
  readonly database: Database;
  readonly disk: Disk;
  /** where a probe may be written */
  readonly incoming: string;
}

/** What keeps this data folder from being worked with: `[]` is well. */
export async function findFaults(deps: HealthDeps): Promise<string[]> {
  const checks = [diskTrusted(deps), diskWritable(deps), diskFree(deps), databaseAnswers(deps)];
  return (await Promise.all(checks)).filter((fault) => fault !== undefined);
}

async function diskTrusted({ disk }: HealthDeps): Promise<string | undefined> {
  return disk.distrusted;
}

async function diskWritable({ incoming }: HealthDeps): Promise<string | undefined> {
  const probe = join(incoming, `${process.pid}-probe.tmp`);
  try {
    await writeFile(probe, 'probe');
    return undefined;
  } catch (error) {
    return `the data folder cannot be written (${(error as NodeJS.ErrnoException).code})`;
  } finally {
    await rm(probe, { force: true }).catch(() => {});
  }
}

async function diskFree({ disk }: HealthDeps): Promise<string | undefined> {
  try {
    const { free, reserve } = await disk.space();
    if (free >= reserve) return undefined;
    return `the disk is nearly full: ${megabytes(free)} MB free, ${megabytes(reserve)} MB are needed`;
  } catch (error) {
    return `the data folder cannot be looked at (${(error as NodeJS.ErrnoException).code})`;
  }
}

async function databaseAnswers({ database }: HealthDeps): Promise<string | undefined> {
  try {
    database.get('SELECT count(*) FROM status_counts');
    return undefined;
  } catch {
    return 'the database does not answer';
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}
