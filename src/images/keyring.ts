import { hash } from 'node:crypto';

/**
 * The data keys of images, one each, with which everything kept of an image is sealed. They are kept apart from what
 * they seal: once a key is destroyed, every copy of its image is unreadable, the ones in backups included.
 */
export interface Keyring {
  /**
   * The key under a name, made where there is none yet. It is durable before this answers, so that nothing is ever
   * sealed with a key that a power cut could take away.
   *
   * @throws Failure `key_destroyed`, `key_unavailable`, `storage_full`, `storage_unavailable`
   */
  create(name: KeyName): Promise<DataKey>;

  /** @throws Failure `key_destroyed`; `key_unavailable` where there is none, or no master key to unwrap it */
  open(name: KeyName): Promise<DataKey>;

  /**
   * Destroys keys for good: no copy of the keyring that lags behind brings one back. Durable when it answers; names
   * without a key are remembered too, so that none is made for them later. Needs no master key.
   */
  destroy(names: readonly KeyName[]): Promise<void>;

  state(name: KeyName): Promise<KeyState>;
}

/** 256 bits. Not to be changed, and not to be kept longer than the work at hand. */
export type DataKey = Uint8Array;

/** 32 lower-case hex digits that stand for the tenant and the image: a keyring tells nobody whose keys it holds. */
export type KeyName = string;

/** 256 bits that wrap data keys, and the name by which what it wrapped is told from what others did. */
export interface MasterKey {
  readonly id: string;
  readonly key: Uint8Array;
}

export type KeyState = 'none' | 'live' | 'destroyed';

export function keyNameOf({ tenantId, imageId }: { tenantId: string; imageId: string }): KeyName {
  return hash('sha256', `${tenantId}/${imageId}`).slice(0, 32);
}

const OF_AN_IMAGE = /^(?:raw\/([^/]+)\/([^/]+)|(?:processed|unfinished|derived)\/([^/]+)\/([^/]+)\/.+)$/;

/** Whose key seals an object: that of its image; an object that is of no image has one of its own. */
export function keyNameOfObject(key: string): KeyName {
  const parts = OF_AN_IMAGE.exec(key);
  const [tenantId, imageId] = [parts?.[1] ?? parts?.[3], parts?.[2] ?? parts?.[4]];
  const ofImage = tenantId !== undefined && imageId !== undefined;
  return keyNameOf(ofImage ? { tenantId, imageId } : { tenantId: '', imageId: key });
}
