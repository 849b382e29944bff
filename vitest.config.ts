import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { scratchFolder } from './test/harness/scratch-folder.ts';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.cloud.test.ts'],
    globalSetup: ['test/cloud/run/mention.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    // Many tests wait for processes of their own: three files at a time fill two cores, where the default of one leaves half idle.
    maxWorkers: 3,
    // Loading better-auth, Hono and sharp for each file anew costs a tenth of the time, and no test changes a module.
    // What is changed is sharp: who fences its loaders in fences them in for the files that come after.
    isolate: false,
    env: {
      // Text is drawn with the font that ships with Darkroom, as in a renderer process.
      FONTCONFIG_FILE: fileURLToPath(new URL('src/pixels/fonts/fonts.conf', import.meta.url)),
      TMPDIR: scratchFolder(),
    },
  },
});
