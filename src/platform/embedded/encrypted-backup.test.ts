import { createHash, randomBytes } from 'node:crypto';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../images/clock.ts';
import type { StoredImage } from '../../images/image.ts';
import { objectKeys } from '../../images/keys.ts';
import { anEvent, anImage } from '../../images/testing/images.ts';
import { followDestroyedKeys } from '../../retention/destroyed-keys.ts';
import { eraseImage } from '../../retention/erase.ts';
import { reconcile } from '../../retention/reconcile.ts';
import { verify } from '../../retention/verify.ts';
import type { Platform } from '../platform.ts';
import { backupTo } from './backup.ts';
import { openEmbedded } from './platform.ts';
import { restoreFrom } from './restore.ts';
import { filesBelow, filesWith, newFolder, removeData, testEncryption } from './testing/data-folder.ts';

const MARKER = 'mARKer-in-the-plaintext';

let parent: string;
let platform: Platform;
const dataDir = () => join(parent, 'data');
const folder = () => join(parent, 'backup');
const restored = () => join(parent, 'restored');
const encryption = () => testEncryption(dataDir());
const open = (where: string, keys = encryption()) =>
  openEmbedded({ dataDir: where, clock: systemClock, role: 'server', encryption: keys });
const portsOf = (of: Platform) => ({ ...of, clock: systemClock });

beforeEach(async () => {
  parent = await newFolder();
  platform = await open(dataDir());
});
afterEach(async () => {
  await platform.close();
  await removeData(parent);
});

async function addImage(): Promise<StoredImage> {
  const image = anImage(Date.now());
  const key = objectKeys.original('ours', image.record.image_id);
  const bytes = Buffer.concat([Buffer.from(MARKER), randomBytes(100_000)]);
  const stored = await platform.objects.put(
    key,
    (async function* () {
      yield bytes;
    })(),
    { attributes: { contentType: 'image/jpeg' } },
  );
  expect(stored.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  const original = { key, url: `/${key}`, filename: 'a.jpg', content_type: 'image/jpeg', ...stored };
  const next = { ...image, record: { ...image.record, original } };
  return (await platform.catalog.create(next, { events: [anEvent(image, Date.now())] })).stored;
}
const erase = ({ record }: StoredImage) =>
  eraseImage(portsOf(platform), { tenantId: record.tenant_id, imageId: record.image_id });

/** The backup, restored, with the keyring as it is now. */
async function withRestored<T>(use: (other: Platform) => Promise<T>, keys = encryption()): Promise<T> {
  await restoreFrom(folder(), restored());
  await platform.close();
  const other = await open(restored(), keys);
  try {
    return await use(other);
  } finally {
    await other.close();
    platform = await open(dataDir());
  }
}

describe('a backup of encrypted data', () => {
  it('holds nothing in the clear and no key, and restores with the keyring', async () => {
    await addImage();
    const report = await backupTo(dataDir(), folder(), { encryption: encryption() });
    expect(report).toMatchObject({ images: 1, objects: 1, damaged: [] });
    expect(await filesWith(dataDir(), MARKER)).toEqual([]);
    expect(await filesWith(folder(), MARKER)).toEqual([]);
    expect((await filesBelow(folder())).filter((path) => path.includes('keyring'))).toEqual([]);
    await withRestored(async (other) => {
      expect(await verify(portsOf(other))).toMatchObject({ sound: true, objects: 1 });
      expect(await other.faults()).toEqual([]);
    });
  });

  it('is made without the master key, too', async () => {
    await addImage();
    const report = await backupTo(dataDir(), folder(), { encryption: { ...encryption(), masterKeys: [] } });
    expect(report.damaged).toEqual([]);
    await withRestored(async (other) => {
      expect(await verify(portsOf(other))).toMatchObject({ sound: true });
    });
  });

  it('does not bring back an image that was erased since: its key is gone', async () => {
    const [stays, erased] = [await addImage(), await addImage()];
    await backupTo(dataDir(), folder(), { encryption: encryption() });
    await erase(erased);
    await withRestored(async (other) => {
      const { tenant_id: tenantId, image_id: imageId, original } = erased.record;
      expect(await other.catalog.read(tenantId, imageId)).toBeDefined();
      await expect(other.objects.read(original?.key ?? '')).rejects.toMatchObject({ code: 'key_destroyed' });

      const ports = portsOf(other);
      expect(await followDestroyedKeys(ports)).toEqual({ erased: 1, keysDestroyed: 0 });
      expect(await other.catalog.read(tenantId, imageId)).toBeUndefined();
      expect((await other.upkeep.readAny(tenantId, imageId))?.record.status).toBe('erased');
      expect(await other.objects.head(original?.key ?? '')).toBeUndefined();
      expect(await other.catalog.read(tenantId, stays.record.image_id)).toEqual(stays);
      expect(await verify(ports)).toMatchObject({ sound: true, images: 1, orphans: [] });
      expect(await followDestroyedKeys(ports)).toEqual({ erased: 0, keysDestroyed: 0 });
    });
  });

  it('is put right by reconciliation as well', async () => {
    const erased = await addImage();
    await backupTo(dataDir(), folder(), { encryption: encryption() });
    await erase(erased);
    await withRestored(async (other) => {
      const { findings } = await reconcile(portsOf(other), { mend: true, graceMs: 0 });
      expect(findings).toEqual([expect.objectContaining({ kind: 'key_destroyed', done: 'erased' })]);
    });
  });

  it('is locked without its keyring, and says so', async () => {
    await addImage();
    await backupTo(dataDir(), folder(), { encryption: encryption() });
    const elsewhere = { ...encryption(), folder: join(parent, 'empty-keyring') };
    await withRestored(async (other) => {
      expect(await other.faults()).toEqual([expect.stringContaining('there is no keyring')]);
      const [problem] = (await verify(portsOf(other))).problems;
      expect(problem?.detail).toContain('No key can be used');
    }, elsewhere);
  });
});

describe('a key that outlived its image', () => {
  it('in a keyring that was restored from a copy is destroyed by reconciliation', async () => {
    const image = await addImage();
    await platform.close();
    const keyring = encryption().folder;
    await cp(keyring, join(parent, 'copy'), { recursive: true });
    platform = await open(dataDir());
    await erase(image);
    await platform.close();
    await rm(keyring, { recursive: true });
    await cp(join(parent, 'copy'), keyring, { recursive: true });
    platform = await open(dataDir());
    const { findings } = await reconcile(portsOf(platform), { mend: true, graceMs: 0 });
    expect(findings).toEqual([expect.objectContaining({ kind: 'key_left', done: 'key_destroyed' })]);
  });
});
