import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.cloud.test.ts'],
    globalSetup: ['test/cloud/run/mention.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    // Many tests wait for processes of their own: two files at a time fill two cores, where the default of one leaves half idle.
    maxWorkers: 2,
    // Text is drawn with the font that ships with Darkroom, as in a renderer process.
    env: { FONTCONFIG_FILE: fileURLToPath(new URL('src/pixels/fonts/fonts.conf', import.meta.url)) },
  },
});
