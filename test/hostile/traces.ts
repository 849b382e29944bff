import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../src/images/clock.ts';
import { openEmbedded } from '../../src/platform/embedded/platform.ts';
import { reconcile } from '../../src/retention/reconcile.ts';

/** What lies in a data folder that no record accounts for: unfinished bytes, work of renderers, orphans. */
export async function tracesIn(dataDir: string): Promise<string[]> {
  const unfinished = await Promise.all(
    ['incoming', 'scratch'].map(async (folder) => {
      const names = await readdir(join(dataDir, folder), { recursive: true });
      return names.map((name) => join(folder, name));
    }),
  );
  const platform = await openEmbedded({ dataDir, clock: systemClock, role: 'tool' });
  try {
    const ports = { ...platform, clock: systemClock };
    const { findings } = await reconcile(ports, { mend: false, graceMs: 0 });
    return [...unfinished.flat(), ...findings.map(({ kind, detail, keys }) => `${kind}: ${detail} ${keys}`)];
  } finally {
    await platform.close();
  }
}
