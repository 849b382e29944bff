import type { DerivativeCache } from '../delivery/derivative-cache.ts';
import type { Catalog, CatalogUpkeep, EventLog } from '../images/catalog.ts';
import type { Clock } from '../images/clock.ts';
import type { Keyring } from '../images/keyring.ts';
import type { ObjectStore } from '../images/object-store.ts';
import type { PartialUploads } from '../intake/partial-uploads.ts';
import type { Queue } from '../pipeline/queue.ts';

/** What retention works on: everything that may hold something of an image. */
export interface RetentionPorts {
  readonly catalog: Catalog;
  readonly upkeep: CatalogUpkeep;
  readonly events: EventLog;
  readonly objects: ObjectStore;
  readonly keyring: Pick<Keyring, 'destroy' | 'state'>;
  readonly derivatives: Pick<DerivativeCache, 'purgeImage'>;
  readonly partialUploads: PartialUploads;
  readonly queue: Queue;
  readonly clock: Clock;
}
