import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { scratchFolder } from './test/harness/scratch-folder.ts';

/** Where no run before this one has told how long each file takes: the tests of whole services first, so that none of them is left alone at the end. */
class ServicesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isOfServices = ({ moduleId }: TestSpecification) => /\/test\/[^/]+\/[^/]+$/.test(moduleId);
    return [...sorted.filter(isOfServices), ...sorted.filter((file) => !isOfServices(file))];
  }
}

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
    sequence: { sequencer: ServicesFirst },
    env: {
      // Text is drawn with the font that ships with Darkroom, as in a renderer process.
      FONTCONFIG_FILE: fileURLToPath(new URL('src/pixels/fonts/fonts.conf', import.meta.url)),
      TMPDIR: scratchFolder(),
    },
  },
});
