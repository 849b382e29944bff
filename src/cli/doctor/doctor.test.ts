import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cli, scratchFolder } from '../testing/cli.ts';
import type { CheckResult } from './check.ts';

async function doctor(env: Record<string, string>) {
  const { code, stdout } = await cli(['doctor', '--json'], { env });
  const { healthy, checks } = JSON.parse(stdout) as { healthy: boolean; checks: CheckResult[] };
  return { code, healthy, checks: Object.fromEntries(checks.map((check) => [check.name, check])) };
}

describe('darkroom doctor', () => {
  it('finds a well machine well, and leaves nothing behind', async () => {
    const folder = await scratchFolder();
    const env = { DARKROOM_DATA: join(folder, 'not/yet'), DARKROOM_LISTEN: '127.0.0.1:0' };
    const { code, healthy, checks } = await doctor(env);
    const failed = Object.values(checks).filter(({ status }) => status === 'failed');
    expect(failed).toEqual([]);
    expect({ code, healthy }).toEqual({ code: 0, healthy: true });
    expect(checks).toMatchObject({
      Node: { detail: expect.stringContaining(process.versions.node) },
      sharp: { detail: expect.stringMatching(/libvips 8\..*jpeg, png, gif, webp, avif, tiff/) },
      'renderers and fonts': { status: 'ok' },
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('says what is wrong, each with a mend, and ends with 1', async () => {
    const folder = await scratchFolder();
    const occupied = createServer((_, response) => response.end('something else'));
    await new Promise<void>((resolve) => occupied.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void occupied.close());
    const { port } = occupied.address() as AddressInfo;
    await writeFile(join(folder, 'file'), '');
    const { code, healthy, checks } = await doctor({
      DARKROOM_LISTEN: `127.0.0.1:${port}`,
      DARKROOM_DATA: join(folder, 'file'),
      DARKROOM_INBOX: join(folder, 'nowhere'),
    });
    expect({ code, healthy }).toEqual({ code: 1, healthy: false });
    for (const name of ['address', 'data folder', 'inbox']) {
      expect(checks[name], name).toMatchObject({
        status: 'failed',
        mend: expect.stringContaining('DARKROOM_'),
      });
    }
  });

  it('judges the machine although the settings are wrong', async () => {
    const { code, checks } = await doctor({ DARKROOM_LEASE: 'soon', DARKROOM_RENDERRS: '4' });
    expect(code).toBe(1);
    expect(checks.settings?.status).toBe('failed');
    expect(checks.settings?.detail).toContain('did you mean DARKROOM_RENDERERS?');
    expect(checks.SQLite?.status).toBe('ok');
  });

  it.skipIf(process.getuid?.() === 0)(
    'finds a folder that may not be written (skipped for root, who may write anywhere)',
    async () => {
      const folder = join(await scratchFolder(), 'locked');
      await mkdir(folder);
      await chmod(folder, 0o500);
      const { checks } = await doctor({ DARKROOM_DATA: folder, DARKROOM_LISTEN: '127.0.0.1:0' });
      expect(checks['data folder']?.status).toBe('failed');
    },
  );
});
