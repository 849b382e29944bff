import { createHash } from 'node:crypto';
import type { CreateOptions } from '../../images/catalog.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { heapPartition } from './dynamo-image-items.ts';
import { attributes, type Item, type Key } from './dynamo-items.ts';
import { type Condition, deleteItem, IS_NEW } from './dynamo-requests.ts';
import { placeOf, ttlAt } from './dynamo-times.ts';
import { put, type Step } from './dynamo-transact.ts';

export type Idempotency = NonNullable<CreateOptions['idempotency']>;

/** Somebody has the key; `found` is its item. */
export class KeyTaken extends Error {
  readonly found: Item;

  constructor(found: Item) {
    super('the idempotency key is taken');
    this.found = found;
  }
}

/** A key is the sender's own text: what is kept is a digest. */
export function idempotencyKey(tenantId: string, key: string): Key {
  const digest = createHash('sha256')
    .update(JSON.stringify([tenantId, key]))
    .digest('base64url');
  return { pk: `K#${digest}`, sk: 'K' };
}

export interface Claim {
  readonly key: Key;
  readonly requestHash: string;
  readonly imageId: string;
  /** the image that had the key and is not visible any more */
  readonly instead: string | undefined;
  readonly nonce: string;
  /** milliseconds */
  readonly at: number;
  readonly expiresAt: number;
}

/** The key belongs to the image from now on. The step throws {@link KeyTaken}. */
export function claim({ key, requestHash, imageId, instead, nonce, at, expiresAt }: Claim): Step {
  const item = attributes({
    ...key,
    ...{ hash: requestHash, image: imageId, nonce },
    dp: heapPartition('keys', key.pk),
    ds: placeOf(at, imageId),
    ttl: ttlAt(expiresAt),
  });
  const condition: Condition =
    instead === undefined
      ? IS_NEW
      : {
          expression: 'attribute_not_exists(pk) OR image = :instead',
          values: attributes({ ':instead': instead }),
        };
  return put(item, condition, (found = {}) => (found.nonce?.S === nonce ? undefined : new KeyTaken(found)));
}

/** The key is free again, unless another image has it by now. */
export async function release(table: DynamoTable, pk: string, imageId: string): Promise<void> {
  const values = attributes({ ':image': imageId });
  await deleteItem(table, { pk, sk: 'K' }, { expression: 'image = :image', values });
}
