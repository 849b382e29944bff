import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { darkroom } from '../../harness/cli.ts';
import { eventually } from '../client.ts';
import type { LifeCase } from '../life-case.ts';
import { processed } from './upload.ts';

/** What stays behind on purpose. */
export const trail: readonly LifeCase[] = [
  {
    name: 'audit: every act is in the trail, and the trail proves itself',
    async run({ client, photo }) {
      const { image_id: imageId } = await processed(client, photo('audited'));
      await client.fetch(`/v1/image/${imageId}/original`, { redirect: 'manual' });
      await client.send('POST', `/v1/image/${imageId}/link`, {});
      await client.send('DELETE', `/v1/image/${imageId}`);
      const acts = ['image.erase', 'image.link', 'image.upload', 'original.read'];
      await eventually('four entries', async () => {
        const { entries } = await client.get<Entries>(`/v1/audit?image_id=${imageId}&outcome=allowed`);
        const found = new Set(entries.map(({ action }) => action));
        return acts.every((act) => found.has(act)) ? true : undefined;
      });
      const refused = await fetch(`${client.url}/v1/image/${imageId}`);
      expect(refused.status).toBe(401);
      const verdict = await client.get<{ sound: boolean; entries: number }>('/v1/audit/verify');
      expect(verdict).toMatchObject({ sound: true, finding: null });
      expect(verdict.entries).toBeGreaterThanOrEqual(acts.length);
    },
  },
  {
    name: 'backup: taken while it runs, restored elsewhere, verified',
    needs: 'localData',
    async run({ client, target, photo }) {
      const { image_id: imageId } = await processed(client, photo('kept'));
      const folder = await mkdtemp(join(tmpdir(), 'darkroom-life-backup-'));
      try {
        const [backup, restored] = [join(folder, 'backup'), { DARKROOM_DATA: join(folder, 'data') }];
        const run = async (args: string[], env: Readonly<Record<string, string>>) => {
          const { code, stdout, stderr } = await darkroom([...args, '--json'], env);
          expect({ args, code, stderr }).toMatchObject({ args, code: 0 });
          return stdout;
        };
        await run(['backup', backup], target.capabilities.localData ?? {});
        await run(['restore', backup], restored);
        await run(['verify'], restored);
        expect(await run(['reconcile', '--dry-run'], restored)).not.toContain(imageId);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  },
];

interface Entries {
  readonly entries: readonly { readonly action: string }[];
}
