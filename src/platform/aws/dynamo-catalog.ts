import { randomUUID } from 'node:crypto';
import { Failure, isFailure } from '../../failures.ts';
import type { Catalog, CreateOptions, NewImage } from '../../images/catalog.ts';
import type { Clock } from '../../images/clock.ts';
import type { NewImageEvent } from '../../images/events.ts';
import type { StoredImage } from '../../images/image.ts';
import { assertTransition, isGone } from '../../images/states.ts';
import type { DynamoTable } from './dynamo-client.ts';
import type { DynamoEventLog } from './dynamo-event-log.ts';
import { dynamoFailure } from './dynamo-failures.ts';
import { claim, type Idempotency, idempotencyKey, KeyTaken, release } from './dynamo-idempotency.ts';
import { imageFrom, imageItem, imageKey, imageKeyAsked, isVisible, rewriting } from './dynamo-image-items.ts';
import { listImages } from './dynamo-image-list.ts';
import { tagsToPut, tagsToRemove } from './dynamo-image-tags.ts';
import { attributes, type Item, optionalText, text } from './dynamo-items.ts';
import { type Condition, getItem, IS_NEW, writeBatch } from './dynamo-requests.ts';
import type { StatusCounts } from './dynamo-status-counts.ts';
import { put, type Step, transact, update } from './dynamo-transact.ts';
import { countChanged, countCreated, RoomTaken } from './dynamo-usage.ts';

export interface DynamoCatalogDeps {
  readonly table: DynamoTable;
  readonly clock: Clock;
  readonly events: DynamoEventLog;
  readonly counts: StatusCounts;
  /**
   * Asked before an image is created. Throws Failure `forbidden` for somebody who is being erased. What it let through
   * is written within seconds: an erasure that begins meanwhile waits that long before it looks for images.
   */
  readonly assertMayHaveImages?: (image: NewImage) => Promise<void>;
  /** what else is to be written in the same transaction as a change that tells these events */
  readonly alongside?: (events: readonly NewImageEvent[]) => readonly Step[];
}

/** So often what a new image depends on may have changed since it was looked at. */
const MOST_LOOKS = 20;

export function createDynamoCatalog(deps: DynamoCatalogDeps): Catalog {
  const { table, clock, events: log, counts } = deps;

  async function visible(imageId: string): Promise<Item | undefined> {
    const key = imageKeyAsked(imageId);
    const item = key && (await getItem(table, key));
    return item && isVisible(item, clock.now()) ? item : undefined;
  }

  /** The steps that create the image, as things are now. */
  async function creation(
    image: NewImage,
    options: CreateOptions,
    nonce: string,
    instead: string | undefined,
  ) {
    const { record } = image;
    const { idempotency, within, events = [] } = options;
    const at = clock.now();
    const key = idempotency && idempotencyKey(record.tenant_id, idempotency.key);
    const item = imageItem(image, { version: 1, at, nonce });
    const count = await countCreated(table, image, { within, now: at });
    const claimed =
      key &&
      claim({
        ...{ key, instead, nonce, at, requestHash: idempotency.requestHash, imageId: record.image_id },
        expiresAt: Date.parse(record.expires_at),
      });
    return [
      ...(claimed ? [claimed] : []),
      put({ ...item, ...(key && attributes({ idempotency: key.pk })) }, IS_NEW, (found) =>
        isFrom(nonce, found) ? undefined : idTaken(record.image_id),
      ),
      count,
      ...tagsToPut(undefined, image).map((tag) => put(tag)),
      ...log.append(events),
    ];
  }

  /** Who repeats what was let in before takes no more room. */
  async function repeated(
    image: NewImage,
    idempotency: Idempotency | undefined,
  ): Promise<StoredImage | undefined> {
    if (!idempotency) return undefined;
    const found = await getItem(table, idempotencyKey(image.record.tenant_id, idempotency.key));
    return found && holder(new KeyTaken(found), idempotency);
  }

  /** The image that has the caller's key already, and is there to be seen. */
  async function holder({ found }: KeyTaken, { requestHash }: Idempotency): Promise<StoredImage | undefined> {
    const item = await visible(text(found, 'image'));
    if (!item) return undefined;
    if (text(found, 'hash') === requestHash) return imageFrom(item);
    throw new Failure(
      'idempotency_conflict',
      'This Idempotency-Key was used with a different request. Use a new key for a new request.',
    );
  }

  /**
   * What an image is found by and is no more. Apart from the transaction: what stays behind is digests only, misleads
   * nobody, and goes by itself with the image's time.
   */
  async function forgetTraces(before: StoredImage, next: NewImage): Promise<void> {
    await writeBatch(table, { remove: tagsToRemove(before, next) });
    if (!isGone(next.record.status)) return;
    const item = await getItem(table, imageKey(next.record.image_id));
    const key = item && optionalText(item, 'idempotency');
    if (key !== undefined) await release(table, key, next.record.image_id);
  }

  return {
    async create(image, options = {}) {
      await deps.assertMayHaveImages?.(image);
      await log.prepare(options.events ?? []);
      const nonce = randomUUID();
      let instead: string | undefined;
      for (let look = 1; ; look += 1) {
        try {
          await transact(table, () => creation(image, options, nonce, instead));
          counts.note(undefined, image.record.status);
          return { stored: { ...image, version: 1 }, created: true };
        } catch (error) {
          if (look >= MOST_LOOKS) throw dynamoFailure(error);
          if (isFailure(error, 'quota_exceeded')) {
            const known = await repeated(image, options.idempotency);
            if (known) return { stored: known, created: false };
            throw error;
          }
          if (error instanceof KeyTaken && options.idempotency) {
            const stored = await holder(error, options.idempotency);
            if (stored) return { stored, created: false };
            instead = text(error.found, 'image');
          } else if (!(error instanceof RoomTaken)) throw error;
        }
      }
    },

    async read(tenantId, imageId) {
      const item = await visible(imageId);
      return item && text(item, 'tenant') === tenantId ? imageFrom(item) : undefined;
    },

    async readByIdempotencyKey(tenantId, key) {
      const claimed = await getItem(table, idempotencyKey(tenantId, key));
      const item = claimed && (await visible(text(claimed, 'image')));
      return item && { stored: imageFrom(item), requestHash: text(claimed, 'hash') };
    },

    async replace(before, next, events) {
      assertSameImage(before, next);
      assertTransition(before.record.status, next.record.status);
      await log.prepare(events);
      const nonce = randomUUID();
      const version = before.version + 1;
      await transact(table, () => [
        update(
          imageKey(next.record.image_id),
          rewriting(imageItem(next, { version, nonce, at: clock.now() })),
          isStill(before),
          (found) => (isFrom(nonce, found) ? undefined : staleWrite(before)),
        ),
        ...countChanged(before, next),
        ...tagsToPut(before, next).map((tag) => put(tag)),
        ...log.append(events),
        ...(deps.alongside?.(events) ?? []),
      ]);
      counts.note(before.record.status, next.record.status);
      await forgetTraces(before, next).catch(() => {});
      return { ...next, version };
    },

    list: (tenantId, query) => listImages(table, clock, tenantId, query),

    async readForDelivery(imageId) {
      const item = await visible(imageId);
      return item && imageFrom(item);
    },
  };
}

/** The record as it was read: its version, and its tenant, which no forged record can claim. */
function isStill({ record, version }: StoredImage): Condition {
  return {
    expression: 'version = :before AND tenant = :tenant_before',
    values: attributes({ ':before': version, ':tenant_before': record.tenant_id }),
  };
}

function isFrom(nonce: string, found: Item | undefined): boolean {
  return found?.nonce?.S === nonce;
}

function assertSameImage(before: StoredImage, next: NewImage): void {
  const same =
    before.record.image_id === next.record.image_id && before.record.tenant_id === next.record.tenant_id;
  if (!same) throw new Error('a record cannot change its id or its tenant');
}

function idTaken(imageId: string): Failure {
  return new Failure('stale_write', `There is a record of image ${imageId} already.`);
}

function staleWrite({ record }: StoredImage): Failure {
  return new Failure(
    'stale_write',
    `Image ${record.image_id} was changed by somebody else first. Read it again, then repeat the change.`,
  );
}
