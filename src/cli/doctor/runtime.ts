import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Check, failed, ok, warning } from './check.ts';

const NEEDED_NODE = 24;
const REINSTALL = 'run "npm ci" in the folder of Darkroom, without --omit=optional';

/** What runs Darkroom: Node, its platform package, SQLite. */
export const runtimeChecks: readonly Check[] = [
  {
    name: 'Node',
    mend: REINSTALL,
    async look() {
      const { node } = process.versions;
      return Number.parseInt(node, 10) >= NEEDED_NODE
        ? ok(`${node}, ${process.platform} ${process.arch}`)
        : failed(`${node} is too old`, `use Node ${NEEDED_NODE} or newer: ${REINSTALL}`);
    },
  },
  {
    name: 'Node package',
    mend: REINSTALL,
    async look() {
      const name = `node-${process.platform}-${process.arch}`;
      const path = resolved(`${name}/package.json`);
      if (path) return ok(`${name} is installed: npm scripts run on it whatever Node the machine has`);
      return warning(
        `${name} is not installed, so Darkroom runs on the machine's own Node`,
        `on Linux ${REINSTALL}; elsewhere keep the machine's Node at ${NEEDED_NODE} or newer`,
      );
    },
  },
  {
    name: 'SQLite',
    mend: 'use the Node that "npm ci" installs: it has SQLite built in',
    async look() {
      const { DatabaseSync } = await import('node:sqlite');
      const { assertSafeSqlite } = await import('../../platform/embedded/database.ts');
      assertSafeSqlite(process.versions.sqlite);
      const database = new DatabaseSync(':memory:');
      const row = database.prepare('SELECT sqlite_version() AS version').get();
      database.close();
      return ok(`${row?.version}`);
    },
  },
  {
    name: '/proc',
    mend: 'mount /proc: without it the memory of renderers cannot be watched',
    async look() {
      if (existsSync('/proc/self/statm'))
        return ok('readable: the memory of renderers is watched from outside');
      return warning(
        'not there: the memory of a renderer is known only between its tasks',
        'on Linux mount /proc; elsewhere set DARKROOM_RENDER_MEMORY with more room to spare',
      );
    },
  },
];

function resolved(specifier: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(specifier);
  } catch {
    return undefined;
  }
}
