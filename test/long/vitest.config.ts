import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import usual from '../../vitest.config.ts';

const checkout = fileURLToPath(new URL('../../', import.meta.url));

/** `npm run test:long`: the long forms of those tests that have one, see `test/harness/extent.ts`. */
export default defineConfig({
  root: checkout,
  test: {
    ...usual.test,
    include: globSync('{src,test}/**/*.test.ts', { cwd: checkout }).filter(hasLongForm),
    provide: { extent: 'long' },
    testTimeout: 120_000,
  },
});

function hasLongForm(path: string): boolean {
  return readFileSync(`${checkout}${path}`, 'utf8').includes('/harness/extent.ts');
}
