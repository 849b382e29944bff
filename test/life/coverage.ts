import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Platform } from './target.ts';

/** `no {capability}` is a difference between platforms; `failed` is none. */
export type Verdict = 'seen' | 'failed' | 'not run' | `no ${string}`;

type Name = Platform['name'];
interface Kept {
  readonly at: string;
  readonly verdicts: Readonly<Record<string, Verdict>>;
}

const FOLDER = fileURLToPath(new URL('../../.cache/life/', import.meta.url));
const COLUMNS: readonly Name[] = ['embedded', 'distributed'];

/** Remembers what this run has seen of a platform, beside what the last run has seen of the other. */
export function keepCoverage(platform: Name, verdicts: ReadonlyMap<string, Verdict>): void {
  mkdirSync(FOLDER, { recursive: true });
  const kept: Kept = { at: new Date().toISOString(), verdicts: Object.fromEntries(verdicts) };
  writeFileSync(join(FOLDER, `${platform}.json`), JSON.stringify(kept, null, 2));
}

/** A line for each case, a column for each platform that was ever run in this checkout. */
export function coverageTable(): string {
  const kept = COLUMNS.flatMap((name) => {
    const found = read(name);
    return found ? [{ name, ...found }] : [];
  });
  const cases = [...new Set(kept.flatMap(({ verdicts }) => Object.keys(verdicts)))];
  const rows = [
    ['', ...kept.map(({ name }) => name)],
    ['run at', ...kept.map(({ at }) => `${at.slice(0, 16)}Z`)],
    ...cases.map((one) => [one, ...kept.map(({ verdicts }) => verdicts[one] ?? 'not run')]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return `\nThe life of an image, platform by platform\n${lines.map((line) => `  ${line.trimEnd()}`).join('\n')}\n`;
}

function read(name: Name): Kept | undefined {
  try {
    return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as Kept;
  } catch {
    return undefined;
  }
}
