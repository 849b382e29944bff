import { createHash } from 'node:crypto';
import { isFailure } from '../../failures.ts';
import type { CatalogUpkeep } from '../../images/catalog.ts';
import type { StoredImage } from '../../images/image.ts';
import type { ObjectStore, StoredObject } from '../../images/object-store.ts';
import { plainSize } from '../sealed/format.ts';
import type { ManifestEntry } from './backup-manifest.ts';
import type { Database } from './database.ts';
import { updateImage } from './image-rows.ts';

export interface ImageSaverDeps {
  /** the database of the backup */
  readonly snapshot: Database;
  /** the records as they are now */
  readonly live: CatalogUpkeep;
  readonly from: ObjectStore;
  readonly to: ObjectStore;
  /** what is in `to`, decrypted: copies are compared with their records */
  readonly readable: Pick<ObjectStore, 'read'>;
}

export interface ImageSaver {
  /** Copies the objects of an image; where some are gone because it changed since, the record in the backup follows. */
  save(image: StoredImage): Promise<void>;
  /** what has been copied, by key */
  readonly entries: ReadonlyMap<string, ManifestEntry>;
  readonly totalBytes: number;
  readonly notes: readonly string[];
  readonly damaged: readonly string[];
}

/** How often an image may change while it is copied. */
const MOST_CHANGES = 10;

interface NamedObject {
  readonly key: string;
  /** of the plaintext, bytes */
  readonly size: number;
  /** of the plaintext */
  readonly sha256: string;
}

export function createImageSaver({ snapshot, live, from, to, readable }: ImageSaverDeps): ImageSaver {
  const entries = new Map<string, ManifestEntry>();
  const notes: string[] = [];
  const damaged: string[] = [];
  let totalBytes = 0;

  /** What is wrong with an object that could not be copied. */
  async function copy(object: NamedObject): Promise<string | undefined> {
    const { key } = object;
    if (entries.has(key)) return undefined;
    try {
      const { stream } = await from.read(key);
      const stored = await to.put(key, stream, { attributes: { contentType: 'application/octet-stream' } });
      if (await isAsRecorded(readable, object, stored)) {
        entries.set(key, { kind: 'object', name: key, ...stored });
        totalBytes += stored.size;
        return undefined;
      }
    } catch (error) {
      if (isFailure(error, 'object_not_found')) return `${key} is missing`;
      if (!isFailure(error, 'object_damaged', 'key_destroyed')) throw error;
    }
    await to.delete([key]);
    return `${key} is damaged`;
  }

  async function drop(keys: readonly string[]): Promise<void> {
    await to.delete(keys);
    for (const key of keys) {
      totalBytes -= entries.get(key)?.size ?? 0;
      entries.delete(key);
    }
  }

  /** Gives the backup the record as it is now. */
  function follow(saved: StoredImage, now: StoredImage | undefined): void {
    if (now !== undefined) updateImage(snapshot, saved, now, Date.now());
    else snapshot.run('DELETE FROM images WHERE image_id = ?', saved.record.image_id);
  }

  async function save(image: StoredImage): Promise<void> {
    const { image_id: imageId, tenant_id: tenantId } = image.record;
    let saved = image;
    let seen = image.version;
    for (let changes = 0; changes < MOST_CHANGES; changes += 1) {
      const troubles = (await Promise.all(objectsOf(saved).map(copy))).filter((one) => one !== undefined);
      if (troubles.length === 0) return;
      const now = await live.readAny(tenantId, imageId);
      if (now?.version === seen) {
        damaged.push(...troubles);
        return;
      }
      const kept = new Set(objectsOf(now).map(({ key }) => key));
      await drop(
        objectsOf(saved)
          .map(({ key }) => key)
          .filter((key) => !kept.has(key)),
      );
      follow(saved, now);
      notes.push(
        `${imageId} ${now === undefined ? 'was forgotten' : `became ${now.record.status}`} meanwhile`,
      );
      if (now === undefined) return;
      seen = now.version;
      saved = { ...now, version: saved.version + 1 };
    }
    damaged.push(`${imageId} changed faster than it could be copied`);
  }

  return {
    save,
    entries,
    notes,
    damaged,
    get totalBytes() {
      return totalBytes;
    },
  };
}

/** Everything a record names. A tombstone names nothing. */
function objectsOf(image: StoredImage | undefined): NamedObject[] {
  if (image === undefined) return [];
  const { original, variants } = image.record;
  return [...(original === undefined ? [] : [original]), ...variants];
}

/**
 * An encrypted copy is decrypted to be compared. Without the master key only its length can be.
 * @throws Failure `object_damaged`, `key_destroyed` where the image was erased meanwhile
 */
async function isAsRecorded(
  readable: Pick<ObjectStore, 'read'>,
  { key, size, sha256 }: NamedObject,
  stored: StoredObject,
): Promise<boolean> {
  if (stored.sha256 === sha256) return true;
  try {
    const { stream } = await readable.read(key);
    const hash = createHash('sha256');
    for await (const piece of stream) hash.update(piece);
    return hash.digest('hex') === sha256;
  } catch (error) {
    if (isFailure(error, 'key_unavailable')) return plainSize(stored.size) === size;
    throw error;
  }
}
