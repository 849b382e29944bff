import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { assertLastsLikeData } from './file-system.ts';

const MEMORY = '/dev/shm';
/** Nothing is written to it. Temporary files may lie in memory. */
const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url));
const [TMPFS, OVERLAY] = [0x01021994, 0x794c7630];
const typeOf = (path: string) => statfs(path).then(({ type }) => type >>> 0);
const canTell =
  (await typeOf(MEMORY).catch(() => 0)) === TMPFS && ![TMPFS, OVERLAY].includes(await typeOf(CHECKOUT));

describe.skipIf(!canTell)('a keyring (needs a tmpfs at /dev/shm, and the checkout on a disk)', () => {
  const [fleeting, lasting] = [join(MEMORY, 'not/there/yet'), join(CHECKOUT, 'not/there/yet')];

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
