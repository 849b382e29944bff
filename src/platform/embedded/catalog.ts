import { actsOfEvents } from '../../audit/acts-of-events.ts';
import { Failure } from '../../failures.ts';
import type { Catalog, CreateOptions, NewImage } from '../../images/catalog.ts';
import type { Clock } from '../../images/clock.ts';
import type { StoredImage } from '../../images/image.ts';
import { assertTransition, isGone } from '../../images/states.ts';
import { assertWithin } from '../../limits/quotas.ts';
import { encodeCursor } from '../cursors.ts';
import { appendActs } from './audit-log.ts';
import { integer, text } from './columns.ts';
import type { Database } from './database.ts';
import { isBeingErased } from './erasures.ts';
import { appendEvents } from './event-log.ts';
import { selectImages } from './image-list.ts';
import { IMAGE_COLUMNS, imageFrom, insertImage, updateImage } from './image-rows.ts';
import { RememberedImages } from './remembered-images.ts';
import { usageOf } from './usage.ts';

const VISIBLE = "i.expires_at > ? AND i.status NOT IN ('expired', 'erased')";

export function createCatalog(database: Database, clock: Clock): Catalog {
  const remembered = new RememberedImages();

  function holderOfKey(
    tenantId: string,
    key: string,
  ): { stored: StoredImage; requestHash: string } | undefined {
    const row = database.get(
      `SELECT ${IMAGE_COLUMNS}, k.request_hash FROM idempotency_keys k JOIN images i USING (image_id)
       WHERE k.tenant_id = ? AND k.key = ? AND ${VISIBLE}`,
      tenantId,
      key,
      clock.now(),
    );
    return row === undefined ? undefined : { stored: imageFrom(row), requestHash: text(row, 'request_hash') };
  }

  /** The image that has the caller's key already; otherwise the key now belongs to `image`. */
  function claimKey(image: NewImage, { key, requestHash }: Idempotency): StoredImage | undefined {
    const { tenant_id: tenantId, image_id: imageId } = image.record;
    const holder = holderOfKey(tenantId, key);
    if (holder === undefined) {
      database.run(
        'INSERT OR REPLACE INTO idempotency_keys VALUES (?, ?, ?, ?, ?)',
        tenantId,
        key,
        requestHash,
        imageId,
        clock.now(),
      );
      return undefined;
    }
    if (holder.requestHash === requestHash) return holder.stored;
    throw new Failure(
      'idempotency_conflict',
      'This Idempotency-Key was used with a different request. Use a new key for a new request.',
    );
  }

  /** What was let in before its sender was erased comes too late. */
  function assertMayHaveImages({ record: { tenant_id: tenantId, user_id: userId } }: NewImage): void {
    if (!isBeingErased(database, { tenantId, userId }, clock.now())) return;
    throw new Failure('forbidden', 'Whoever sends this was erased. Nothing more can be stored in that name.');
  }

  function create(image: NewImage, options: CreateOptions): { stored: StoredImage; created: boolean } {
    assertMayHaveImages(image);
    const holder = options.idempotency === undefined ? undefined : claimKey(image, options.idempotency);
    if (holder !== undefined) return { stored: holder, created: false };
    if (!insertImage(database, image, clock.now())) {
      throw new Failure('stale_write', `There is a record of image ${image.record.image_id} already.`);
    }
    appendEvents(database, options.events ?? []);
    const now = clock.now();
    if (options.within) assertWithin(options.within, usageOf(database, image.record.tenant_id, now), now);
    return { stored: { ...image, version: 1 }, created: true };
  }

  /** Most of what delivery asks for has not changed since it asked last: then its version is all that is read. */
  function readForDelivery(imageId: string, now: number): StoredImage | undefined {
    const row = database.get(
      `SELECT i.version FROM images i WHERE image_id = ? AND ${VISIBLE}`,
      imageId,
      now,
    );
    if (row === undefined) {
      remembered.forget(imageId);
      return undefined;
    }
    const known = remembered.confirmed(imageId, integer(row, 'version'));
    if (known) return known;
    const whole = database.get(`SELECT ${IMAGE_COLUMNS} FROM images i WHERE image_id = ?`, imageId);
    if (whole === undefined) return undefined;
    const image = imageFrom(whole);
    remembered.keep(image);
    return image;
  }

  return {
    async create(image, options = {}) {
      return database.write(() => create(image, options));
    },

    async read(tenantId, imageId) {
      const row = database.get(
        `SELECT ${IMAGE_COLUMNS} FROM images i WHERE image_id = ? AND tenant_id = ? AND ${VISIBLE}`,
        imageId,
        tenantId,
        clock.now(),
      );
      return row === undefined ? undefined : imageFrom(row);
    },

    async readByIdempotencyKey(tenantId, key) {
      return holderOfKey(tenantId, key);
    },

    async replace(before, next, events) {
      assertSameImage(before, next);
      assertTransition(before.record.status, next.record.status);
      remembered.forget(before.record.image_id);
      database.write(() => {
        if (!updateImage(database, before, next, clock.now())) throw staleWrite(before);
        // A key is the sender's own text: it goes with everything else that is personal.
        if (isGone(next.record.status)) {
          database.run('DELETE FROM idempotency_keys WHERE image_id = ?', next.record.image_id);
        }
        appendEvents(database, events);
        appendActs(database, actsOfEvents(events), clock.now());
      });
      return { ...next, version: before.version + 1 };
    },

    async list(tenantId, query) {
      const { sql, values } = selectImages(tenantId, query, clock.now());
      const images = database.all(sql, ...values).map(imageFrom);
      const page = images.slice(0, query.limit);
      const last = page.at(-1);
      if (images.length <= query.limit || last === undefined) return { images: page };
      const { upload_time, image_id } = last.record;
      return { images: page, nextCursor: encodeCursor([Date.parse(upload_time), image_id]) };
    },

    async readForDelivery(imageId) {
      const now = clock.now();
      return remembered.fresh(imageId, now) ?? readForDelivery(imageId, now);
    },
  };
}

type Idempotency = NonNullable<CreateOptions['idempotency']>;

function assertSameImage(before: StoredImage, next: NewImage): void {
  const same =
    before.record.image_id === next.record.image_id && before.record.tenant_id === next.record.tenant_id;
  if (!same) throw new Error('a record cannot change its id or its tenant');
}

function staleWrite({ record }: StoredImage): Failure {
  return new Failure(
    'stale_write',
    `Image ${record.image_id} was changed by somebody else first. Read it again, then repeat the change.`,
  );
}
