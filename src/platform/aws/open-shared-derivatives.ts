import { mkdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../images/clock.ts';
import type { Keyring } from '../../images/keyring.ts';
import type { ObjectStore } from '../../images/object-store.ts';
import { createDerivativeCache } from '../embedded/derivative-cache.ts';
import { createDisk } from '../embedded/disk.ts';
import { createPurgeMarks } from './purge-marks.ts';
import { createSharedDerivativeCache, type SharedDerivativeCache } from './shared-derivative-cache.ts';
import { createSharedPictures } from './shared-pictures.ts';

export interface SharedDerivativesSettings {
  /** of this machine and this process alone; made where it is missing */
  readonly folder: string;
  readonly clock: Clock;
  /** of the local folder, bytes on disk */
  readonly capacity: number;
  /** the bucket; sealed where encryption is on */
  readonly objects: ObjectStore;
  /** the bucket, never sealed */
  readonly marks: ObjectStore;
  /** encrypts the local files as well, where encryption is on */
  readonly keyring?: Keyring;
}

/** Nothing is read or deleted before `open`. */
export function openSharedDerivatives(settings: SharedDerivativesSettings): SharedDerivativeCache {
  const { folder: root, clock, capacity, objects, marks, keyring } = settings;
  const folder = join(root, 'pictures');
  mkdirSync(folder, { recursive: true });
  return createSharedDerivativeCache({
    local: createDerivativeCache({
      ...{ folder, clock, capacity },
      // All of it can be made again: nothing needs to survive a power cut.
      disk: createDisk(root, 'none'),
      ...(keyring && { keyring }),
    }),
    pictures: createSharedPictures(objects),
    marks: createPurgeMarks({ store: marks, clock, stampPath: join(root, 'heard-until') }),
    scratch: objects.scratch,
    clock,
    async empty() {
      for (const name of await readdir(folder))
        await rm(join(folder, name), { recursive: true, force: true });
    },
  });
}
