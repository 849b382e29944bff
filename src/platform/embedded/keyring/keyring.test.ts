import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../images/clock.contract.ts';
import { keyringContract } from '../../../images/keyring.contract.ts';
import { keyNameOf, type MasterKey } from '../../../images/keyring.ts';
import { filesBelow, newFolder } from '../testing/data-folder.ts';
import type { EmbeddedKeyring } from './keyring.ts';
import { keyringIdIn, openKeyringFile } from './keyring-file.ts';
import { openKeyring } from './open-keyring.ts';

const clock = createFakeClock();
const nameOf = (imageId: string) => keyNameOf({ tenantId: 't', imageId });
const master = (id: string): MasterKey => ({ id, key: createHash('sha256').update(id).digest() });
const [OLD, NEW] = [master('old'), master('new')];

let parent: string;
let opened: EmbeddedKeyring[];
beforeEach(async () => {
  parent = await newFolder();
  opened = [];
});
afterEach(async () => {
  for (const keyring of opened) keyring.close();
  await rm(parent, { recursive: true, force: true });
});

const first = () => join(parent, 'keyring');
const second = () => join(parent, 'mirror');

interface How {
  readonly masters?: readonly MasterKey[];
  readonly mirror?: string;
  readonly expectedId?: string;
}
async function open({ masters = [OLD], mirror, expectedId }: How = {}): Promise<EmbeddedKeyring> {
  const result = await openKeyring({
    masterKeys: masters,
    folder: first(),
    durability: 'full',
    clock,
    ...(mirror !== undefined && { mirror }),
    ...(expectedId !== undefined && { expectedId }),
  });
  if (!result) throw new Error('there is no keyring');
  opened.push(result.keyring);
  return result.keyring;
}

for (const mirrored of [false, true]) {
  keyringContract(mirrored ? 'A SQLite file with a mirror' : 'A SQLite file', async () => {
    const folder = await newFolder();
    const result = await openKeyring({
      masterKeys: [OLD],
      folder: join(folder, 'keyring'),
      durability: 'none',
      clock,
      ...(mirrored && { mirror: join(folder, 'mirror') }),
    });
    if (!result) throw new Error('there is no keyring');
    const close = async () => {
      result.keyring.close();
      await rm(folder, { recursive: true });
    };
    return { keyring: result.keyring, close };
  });
}

describe('a keyring', () => {
  it('keeps its keys, and what was destroyed, from one start to the next', async () => {
    const before = await open();
    const key = await before.create(nameOf('a'));
    await before.create(nameOf('b'));
    await before.destroy([nameOf('b')]);
    before.close();
    const after = await open();
    expect(await after.open(nameOf('a'))).toEqual(key);
    expect(await after.state(nameOf('b'))).toBe('destroyed');
    expect(after.faults()).toEqual([]);
  });

  it('has no key on the disk as it is, and nothing at all of one that was destroyed', async () => {
    const keyring = await open({ mirror: second() });
    const key = await keyring.create(nameOf('a'));
    const file = openKeyringFile(first(), { durability: 'full' });
    const wrapped = Buffer.from(file.find(nameOf('a'))?.wrapped ?? []);
    file.database.close();
    expect(wrapped).toHaveLength(60);
    expect(await filesHolding(Buffer.from(key))).toEqual([]);
    expect(await filesHolding(wrapped)).not.toEqual([]);
    await keyring.destroy([nameOf('a')]);
    expect(await filesHolding(wrapped)).toEqual([]);
  });

  it('of another place serves nothing, and is not made anew', async () => {
    const keyring = await open({ expectedId: 'the-one-of-the-data' });
    expect(keyring.faults()).toEqual([expect.stringContaining('there is no keyring')]);
    expect(keyringIdIn(first())).toBeUndefined();
    (await open()).close();
    const other = await open({ expectedId: 'the-one-of-the-data' });
    expect(other.faults()).toEqual([expect.stringContaining('another keyring')]);
    await expect(other.create(nameOf('a'))).rejects.toMatchObject({ code: 'key_unavailable' });
    await expect(other.destroy([nameOf('a')])).rejects.toMatchObject({ code: 'key_unavailable' });
  });

  it('is none where nothing is sealed and no key is given', async () => {
    expect(await openKeyring({ masterKeys: [], folder: first(), durability: 'full', clock })).toBeUndefined();
  });
});

describe('master keys', () => {
  beforeEach(async () => {
    const keyring = await open();
    await keyring.create(nameOf('a'));
    keyring.close();
  });

  it.each([
    { title: 'none', masters: [], says: 'no master key was given' },
    { title: 'another one', masters: [NEW], says: 'under master key old, which was not given' },
    {
      title: 'another one of the same name',
      masters: [{ ...NEW, id: 'old' }],
      says: 'under the name old is not the one',
    },
  ])(
    '$title: says what is wrong, opens nothing, encrypts nothing new, and still destroys',
    async ({ masters, says }) => {
      const expectedId = keyringIdIn(first()) ?? '';
      const keyring = await open({ masters, expectedId });
      expect(keyring.faults()).toEqual([expect.stringContaining(says)]);
      await expect(keyring.open(nameOf('a'))).rejects.toMatchObject({ code: 'key_unavailable' });
      await expect(keyring.create(nameOf('b'))).rejects.toMatchObject({ code: 'key_unavailable' });
      expect(await keyring.state(nameOf('b'))).toBe('none');
      await keyring.destroy([nameOf('a')]);
      expect(await keyring.state(nameOf('a'))).toBe('destroyed');
    },
  );

  it('are missed also where no image came yet: the data is to be encrypted', async () => {
    await rm(first(), { recursive: true });
    (await open()).close();
    const keyring = await open({ masters: [], expectedId: keyringIdIn(first()) ?? '' });
    expect(keyring.faults()).toEqual([expect.stringContaining('no master key was given')]);
    await expect(keyring.create(nameOf('a'))).rejects.toMatchObject({ code: 'key_unavailable' });
  });

  it('are changed without a change of keys, also after a crash in the middle', async () => {
    const before = await open({ mirror: second() });
    const names = Array.from({ length: 1_100 }, (_, number) => nameOf(`${number}`));
    const keys = await Promise.all(names.map((name) => before.create(name)));
    before.close();

    const rotating = await open({ masters: [NEW, OLD], mirror: second() });
    const crash = new AbortController();
    const cut = rotating.rotate(crash.signal);
    crash.abort();
    await expect(cut).rejects.toThrow(/abort/);
    rotating.close();

    const again = await open({ masters: [NEW, OLD], mirror: second() });
    expect(await again.open(names[3] ?? '')).toEqual(keys[3]);
    const rewrapped = await again.rotate();
    expect(rewrapped).toBeGreaterThan(0);
    expect(rewrapped).toBeLessThan(1_101);
    expect(await again.rotate()).toBe(0);
    again.close();

    await rm(first(), { recursive: true });
    const without = await open({ masters: [NEW], mirror: second() });
    expect(without.faults()).toEqual([]);
    expect(await Promise.all(names.map((name) => without.open(name)))).toEqual(keys);
  });
});

describe('a mirror', () => {
  it('brings back what the first place lost', async () => {
    const before = await open({ mirror: second() });
    const key = await before.create(nameOf('a'));
    await before.create(nameOf('b'));
    await before.destroy([nameOf('b')]);
    before.close();
    const id = keyringIdIn(first());
    await rm(first(), { recursive: true });
    const after = await open({ mirror: second(), ...(id && { expectedId: id }) });
    expect(await after.open(nameOf('a'))).toEqual(key);
    expect(await after.state(nameOf('b'))).toBe('destroyed');
  });

  it('that lags behind never brings back a destroyed key', async () => {
    const before = await open({ mirror: second() });
    await before.create(nameOf('a'));
    before.close();
    await cp(second(), join(parent, 'stale'), { recursive: true });
    const later = await open({ mirror: second() });
    await later.destroy([nameOf('a')]);
    later.close();
    await rm(second(), { recursive: true });
    await cp(join(parent, 'stale'), second(), { recursive: true });
    const after = await open({ mirror: second() });
    expect(await after.state(nameOf('a'))).toBe('destroyed');
    after.close();
    const mirror = openKeyringFile(second(), { durability: 'full' });
    expect(mirror.find(nameOf('a'))).toBeUndefined();
    expect(mirror.isDestroyed(nameOf('a'))).toBe(true);
    mirror.database.close();
  });

  it('of another keyring is not touched', async () => {
    (await open()).close();
    const other = openKeyringFile(await made(second()), { durability: 'full' });
    other.database.close();
    const keyring = await open({ mirror: second() });
    expect(keyring.faults()).toEqual([expect.stringContaining('another keyring')]);
    await expect(keyring.create(nameOf('a'))).rejects.toMatchObject({ code: 'key_unavailable' });
  });

  it('that cannot be written for a while is told later what it missed', async () => {
    const keyring = await open({ mirror: second() });
    await keyring.create(nameOf('a'));
    const holder = new DatabaseSync(join(second(), 'keyring.db'));
    holder.exec('BEGIN IMMEDIATE');
    await keyring.destroy([nameOf('a')]);
    expect(keyring.faults()).toEqual([expect.stringContaining('mirror')]);
    await expect(keyring.create(nameOf('b'))).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(await keyring.state(nameOf('b'))).toBe('none');
    holder.exec('ROLLBACK');
    holder.close();
    await keyring.create(nameOf('b'));
    expect(keyring.faults()).toEqual([]);
    const mirror = openKeyringFile(second(), { durability: 'full' });
    expect(mirror.isDestroyed(nameOf('a'))).toBe(true);
    expect(mirror.find(nameOf('a'))).toBeUndefined();
    expect(mirror.find(nameOf('b'))).toBeDefined();
    mirror.database.close();
  });

  it('that cannot be opened keeps new keys from being made, and no old one from being used or destroyed', async () => {
    const before = await open();
    const key = await before.create(nameOf('a'));
    before.close();
    await writeFile(second(), 'a file where a folder should be');
    const keyring = await open({ mirror: second() });
    expect(keyring.faults()).toEqual([expect.stringContaining('mirror')]);
    expect(await keyring.open(nameOf('a'))).toEqual(key);
    await expect(keyring.create(nameOf('new'))).rejects.toMatchObject({ code: 'storage_unavailable' });
    await keyring.destroy([nameOf('a')]);
    expect(await keyring.state(nameOf('a'))).toBe('destroyed');
  });
});

async function made(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  return folder;
}

async function filesHolding(bytes: Buffer): Promise<string[]> {
  const found: string[] = [];
  for (const path of await filesBelow(parent)) if ((await readFile(path)).includes(bytes)) found.push(path);
  return found;
}
