import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Every file that a module brings along; what is imported for its types only is not there when it runs. */
function broughtAlong(entry: URL, found = new Set<string>()): Set<string> {
  if (found.has(entry.href)) return found;
  found.add(entry.href);
  const source = readFileSync(entry, 'utf8');
  for (const [, specifier = ''] of source.matchAll(IMPORT)) {
    if (specifier.startsWith('.')) broughtAlong(new URL(specifier, entry), found);
    else found.add(specifier);
  }
  return found;
}

const IMPORT = /^(?:import|export)\s+(?!type\s)(?:[^;'"]*?\sfrom\s+)?['"]([^'"]+)['"];/gm;

test.each(['parse.ts', 'canonical.ts', 'table.ts'])(
  '%s runs at the edge: it needs no package and nothing of Node',
  (file) => {
    const files = [...broughtAlong(new URL(file, import.meta.url))];
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((name) => !name.startsWith('file:'))).toEqual([]);
    for (const name of files) {
      expect(readFileSync(new URL(name), 'utf8')).not.toMatch(
        /\b(?:process|Buffer|require|globalThis)\b[.(]/,
      );
    }
  },
);
