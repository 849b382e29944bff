import { createHash } from 'node:crypto';
import { Failure } from '../../failures.ts';
import type { NewImage } from '../../images/catalog.ts';
import type { Clock } from '../../images/clock.ts';
import type { Who } from '../../retention/erasure.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { type Item, type Key, optionalInteger } from './dynamo-items.ts';
import { getItem } from './dynamo-requests.ts';

/** A request that was let in before its sender was erased may still arrive for this long, milliseconds. */
export const LATECOMERS_MS = 3_600_000;

/** Who is being erased: an item for each person, looked at before an image is stored in that name. */
export function erasingKey({ tenantId, userId }: Who): Key {
  const digest = createHash('sha256')
    .update(JSON.stringify([tenantId, userId]))
    .digest('base64url');
  return { pk: `erasing#${digest}`, sk: 'erasing' };
}

/** True while the erasure goes on and a little longer: nothing may be stored in that name. */
export function isErasing(item: Item | undefined, now: number): boolean {
  if (!item) return false;
  const endedAt = optionalInteger(item, 'ended_at');
  return endedAt === undefined || endedAt > now - LATECOMERS_MS;
}

/** For the catalog. The answer throws Failure `forbidden` for an image of somebody who is being erased. */
export function refuseErased(table: DynamoTable, clock: Clock): (image: NewImage) => Promise<void> {
  return async ({ record: { tenant_id: tenantId, user_id: userId } }) => {
    const item = await getItem(table, erasingKey({ tenantId, userId }));
    if (!isErasing(item, clock.now())) return;
    throw new Failure('forbidden', 'Whoever sends this was erased. Nothing more can be stored in that name.');
  };
}
