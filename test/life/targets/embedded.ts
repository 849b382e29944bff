import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TEST_KEY, TestServer } from '../../harness/server.ts';
import type { Platform } from '../target.ts';
import { filesBelow } from './files-below.ts';

/** One process that does it all, on a data folder of its own. */
export const embedded: Platform = {
  name: 'embedded',
  async start({ settings }) {
    const folder = await mkdtemp(join(tmpdir(), 'darkroom-life-'));
    const [dataDir, inbox] = [join(folder, 'data'), join(folder, 'inbox')];
    await mkdir(inbox);
    const server = await TestServer.start({ dataDir, env: { ...settings, DARKROOM_INBOX: inbox } });
    return {
      url: server.url,
      urls: [server.url],
      apiKey: TEST_KEY,
      capabilities: { inbox, localData: { DARKROOM_DATA: dataDir } },
      storedKeys: async () => [
        ...(await filesBelow(join(dataDir, 'objects'))),
        ...(await filesBelow(join(dataDir, 'cache'))),
      ],
      async withhold(imageId) {
        const path = join(dataDir, 'objects/raw/main', imageId);
        const aside = join(folder, imageId);
        await rename(path, aside);
        return () => rename(aside, path);
      },
      output: () => server.output,
      async stop() {
        const exit = await server.stop();
        await rm(folder, { recursive: true, force: true });
        return [exit];
      },
    };
  },
};
