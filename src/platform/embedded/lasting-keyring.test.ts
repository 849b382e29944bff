import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assertLastsLikeData } from './file-system.ts';

const MEMORY = '/dev/shm';
const typeOf = (path: string) => statfs(path).then(({ type }) => type >>> 0);
const canTell =
  (await typeOf(MEMORY).catch(() => 0)) === 0x01021994 && (await typeOf(tmpdir())) !== 0x01021994;

describe.skipIf(!canTell)('a keyring (needs a tmpfs at /dev/shm, and temporary files elsewhere)', () => {
  const [fleeting, lasting] = [join(MEMORY, 'not/there/yet'), join(tmpdir(), 'not/there/yet')];

  it('is not begun where it would be gone before the data', async () => {
    const refused = assertLastsLikeData(fleeting, lasting);
    await expect(refused).rejects.toMatchObject({ code: 'invalid_settings' });
    await expect(refused).rejects.toThrow(/DARKROOM_KEYRING.*tmpfs/);
  });

  it.each([
    ['on a disk', lasting, lasting],
    ['where the data lasts no longer', fleeting, fleeting],
    ['on a disk, for data that does not last', lasting, fleeting],
  ])('may be begun %s', async (_, keyring, data) => {
    await assertLastsLikeData(keyring, data);
  });
});
