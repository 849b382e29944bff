import { isFailure } from '../failures.ts';
import type { StoredImage } from '../images/image.ts';
import { type KeyState, keyNameOf } from '../images/keyring.ts';
import { isGone } from '../images/states.ts';
import type { Mend } from './mending.ts';
import type { RetentionPorts } from './ports.ts';
import { purge } from './purge.ts';
import { bury } from './tombstone.ts';

/** How a record may be at odds with the keyring, as happens where one of the two comes from a backup. */
export type KeyTrouble =
  /** the image has been erased since, and its key with it: nothing of it can be read */
  | 'key_destroyed'
  /** the image is gone, its key is there */
  | 'key_left';

/** Nothing where all is well, and where the keyring cannot be asked. */
export async function keyTroubleOf(
  { keyring }: Pick<RetentionPorts, 'keyring'>,
  { record }: StoredImage,
): Promise<KeyTrouble | undefined> {
  const state = await stateOf(keyring, record.tenant_id, record.image_id);
  if (isGone(record.status)) return state === 'live' ? 'key_left' : undefined;
  return state === 'destroyed' ? 'key_destroyed' : undefined;
}

export const keyMends: Readonly<
  Record<KeyTrouble, (ports: RetentionPorts, image: StoredImage) => Promise<Mend>>
> = {
  async key_destroyed(ports, image) {
    await purge(ports, await bury(ports, image, 'erased'));
    return 'erased';
  },
  async key_left({ keyring }, { record }) {
    await keyring.destroy([keyNameOf({ tenantId: record.tenant_id, imageId: record.image_id })]);
    return 'key_destroyed';
  },
};

/**
 * Makes the records agree with the keyring: for after a restore, so that what was erased since the backup does not
 * look like an image that is there. Answers how many images became tombstones, and how many keys were destroyed.
 */
export async function followDestroyedKeys(
  ports: RetentionPorts,
  { signal }: { signal?: AbortSignal } = {},
): Promise<{ erased: number; keysDestroyed: number }> {
  let erased = 0;
  let keysDestroyed = 0;
  for await (const image of ports.upkeep.all()) {
    signal?.throwIfAborted();
    const trouble = await keyTroubleOf(ports, image);
    if (trouble === undefined) continue;
    await keyMends[trouble](ports, image);
    if (trouble === 'key_destroyed') erased += 1;
    else keysDestroyed += 1;
  }
  return { erased, keysDestroyed };
}

async function stateOf(
  keyring: RetentionPorts['keyring'],
  tenantId: string,
  imageId: string,
): Promise<KeyState | undefined> {
  try {
    return await keyring.state(keyNameOf({ tenantId, imageId }));
  } catch (error) {
    if (isFailure(error, 'key_unavailable')) return undefined;
    throw error;
  }
}
