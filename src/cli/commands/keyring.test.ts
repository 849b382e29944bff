import { randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../images/clock.ts';
import { objectKeys } from '../../images/keys.ts';
import { anImage } from '../../images/testing/images.ts';
import { encryptionFrom } from '../../platform/embedded/encryption-settings.ts';
import { openEmbedded } from '../../platform/embedded/platform.ts';
import { readSettings } from '../../read-settings.ts';
import { inProcess } from '../testing/cli.ts';

const MARKER = Buffer.from('stored before there was a key, and longer than any header would be');
const [OLD, NEW] = [randomBytes(32), randomBytes(32)].map((key) => key.toString('base64'));

let parent: string;
const env = (key?: string) => ({
  DARKROOM_DATA: join(parent, 'data'),
  ...(key !== undefined && { DARKROOM_MASTER_KEY: key }),
});
const open = (key?: string) => {
  const { settings } = readSettings({ env: env(key) });
  const encryption = encryptionFrom(settings);
  return openEmbedded({ dataDir: settings.dataDir, clock: systemClock, role: 'server', encryption });
};
const run = async (args: string[], key?: string) => {
  const { code, stdout, stderr } = await inProcess([...args, '--json'], { env: env(key) });
  return { code, stderr, document: stdout.trim() === '' ? undefined : JSON.parse(stdout) };
};

async function add(key?: string): Promise<string> {
  const platform = await open(key);
  const image = anImage(Date.now());
  const name = objectKeys.original('ours', image.record.image_id);
  const body = (async function* () {
    yield MARKER;
  })();
  const stored = await platform.objects.put(name, body, { attributes: { contentType: 'image/jpeg' } });
  const original = { key: name, url: `/${name}`, filename: 'a', content_type: 'image/jpeg', ...stored };
  await platform.catalog.create({ ...image, record: { ...image.record, original } });
  await platform.close();
  return name;
}

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'darkroom-keyring-verbs-'));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

describe('the life of encrypted data, by the command line', () => {
  let old: string;

  it('begins without a key', async () => {
    old = await add();
    expect(await run(['keyring', 'status'])).toMatchObject({ code: 1 });
    expect(await run(['seal'], `old:${OLD}`)).toMatchObject({ code: 1 });
  });

  it('goes on with one: new objects are encrypted, and "seal" does the rest', async () => {
    await add(`old:${OLD}`);
    expect(await run(['verify'], `old:${OLD}`)).toMatchObject({ code: 0, document: { sound: true } });
    expect(await run(['seal'], `old:${OLD}`)).toMatchObject({
      code: 0,
      document: { looked_at: 2, sealed: 1, failed: [] },
    });
    expect(await run(['seal'], `old:${OLD}`)).toMatchObject({ document: { looked_at: 2, sealed: 0 } });
    expect(await run(['verify'], `old:${OLD}`)).toMatchObject({ code: 0, document: { sound: true } });
  });

  it('takes nothing any more that was slipped in', async () => {
    const platform = await open(`old:${OLD}`);
    await writeFile(join(parent, 'data/objects', old), MARKER);
    await expect(platform.objects.read(old)).rejects.toMatchObject({ code: 'object_damaged' });
    await rm(join(parent, 'data/objects', old));
    await platform.close();
  });

  it('tells what is there, and what is missing', async () => {
    expect(await run(['keyring', 'status'], `old:${OLD}`)).toMatchObject({
      code: 0,
      document: { keys: { old: 2 }, destroyed: 0, faults: [] },
    });
    const without = await run(['keyring', 'verify'], `new:${NEW}`);
    expect(without).toMatchObject({ code: 1, document: { keys: 2 } });
    expect(without.document.unusable).toHaveLength(2);
  });

  it('changes its master key', async () => {
    const both = `new:${NEW},old:${OLD}`;
    expect(await run(['keyring', 'rotate'], both)).toMatchObject({ code: 0, document: { rewrapped: 2 } });
    expect(await run(['keyring', 'verify'], `new:${NEW}`)).toMatchObject({ code: 0, document: { keys: 2 } });
  });

  it('survives the loss of its keyring by a backup of it', async () => {
    const copy = join(parent, 'copy');
    expect(await run(['keyring', 'backup', copy], `new:${NEW}`)).toMatchObject({ code: 0 });
    await rm(join(parent, 'data-keyring'), { recursive: true });
    const locked = await run(['keyring', 'status'], `new:${NEW}`);
    expect(locked.code).toBe(1);
    expect(locked.stderr).toContain('there is no keyring');
    expect(await run(['keyring', 'restore', copy], `new:${NEW}`)).toMatchObject({
      code: 0,
      document: { restored: 2, images: 2 },
    });
    expect(await run(['keyring', 'verify'], `new:${NEW}`)).toMatchObject({ code: 0 });
    await appendFile(join(copy, 'not-a-keyring'), '');
    expect(await run(['keyring', 'restore', parent], `new:${NEW}`)).toMatchObject({ code: 1 });
    const { document } = await run(['audit', '--tenant', '_service', '--limit', '3'], `new:${NEW}`);
    const noted = document.entries.map(
      ({ action, outcome }: Record<string, string>) => `${action} ${outcome}`,
    );
    expect(noted).toEqual(['keyring.restore failed', 'keyring.restore allowed', 'keyring.backup allowed']);
  });

  it('is refused in words that it does not know', async () => {
    for (const args of [['keyring'], ['keyring', 'melt'], ['keyring', 'backup'], ['keyring', 'status', 'x']])
      expect((await run(args, `new:${NEW}`)).code).toBe(2);
  });
});
