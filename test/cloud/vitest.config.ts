import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const checkout = fileURLToPath(new URL('../../', import.meta.url));

/** `npm run test:cloud`: the tests that need real servers, which `npm test` leaves alone. */
export default defineConfig({
  root: checkout,
  test: {
    include: ['test/**/*.cloud.test.ts', 'src/**/*.cloud.test.ts'],
    globalSetup: ['test/cloud/run/global-setup.ts'],
    testTimeout: 60_000,
    // A broker that starts on a busy machine.
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
    env: { FONTCONFIG_FILE: fileURLToPath(new URL('../../src/pixels/fonts/fonts.conf', import.meta.url)) },
  },
});
