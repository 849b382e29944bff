import type { CreateOptions, NewImage } from '../../images/catalog.ts';
import type { Clock } from '../../images/clock.ts';
import { assertWithin } from '../../limits/quotas.ts';
import { bytesOf, type TenantUsage, type Usage } from '../../limits/usage.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { attribute, type Item, type Key, optionalInteger } from './dynamo-items.ts';
import { type Condition, getItems } from './dynamo-requests.ts';
import { SHARDS } from './dynamo-shards.ts';
import { type Step, update } from './dynamo-transact.ts';

type Quotas = NonNullable<CreateOptions['within']>;

const DAY = 24 * 3_600_000;
/** Days whose count is taken out when a new one begins, one attribute each. */
const OLD_DAYS = [2, 3, 4, 5, 6, 7, 8];
/** So many images at once could go beyond a quota before one of them has to look exactly. */
const AT_ONCE = 64;
/** The counter that those write who must look exactly: what is on the others moves only far from the limit. */
const EXACT_SHARD = 0;

export function createDynamoUsage(table: DynamoTable, clock: Clock): Usage {
  return {
    async of(tenantId) {
      return sumOf(await countersOf(table, tenantId), dayOf(clock.now()));
    },
  };
}

/** Somebody else took what room there was since it was looked at: look again. */
export class RoomTaken extends Error {}

/**
 * Counts a new image. While there is much room, on one counter out of several, so that writers seldom meet; near a quota
 * on the one that all write there, on the condition that it is still small enough.
 *
 * @throws Failure `quota_exceeded`; the step throws {@link RoomTaken}
 */
export async function countCreated(
  table: DynamoTable,
  image: NewImage,
  { within, now }: { within: Quotas | undefined; now: number },
): Promise<Step> {
  const tenantId = image.record.tenant_id;
  const more = { bytes: bytesOf(image), images: 1 };
  const day = dayOf(now);
  const isFree = !within || (within.bytes_stored === null && within.images_per_day === null);
  if (isFree) return counting(tenantId, more, day);
  const counters = await countersOf(table, tenantId);
  const used = sumOf(counters, day);
  const needed = { bytesStored: used.bytesStored + more.bytes, imagesToday: used.imagesToday + 1 };
  assertWithin(within, needed, now);
  const room = {
    bytes: roomIn(within.bytes_stored, needed.bytesStored),
    images: roomIn(within.images_per_day, needed.imagesToday),
  };
  if (room.bytes > more.bytes * AT_ONCE && room.images > AT_ONCE) return counting(tenantId, more, day);
  const exact = sumOf([counters[EXACT_SHARD] ?? {}], day);
  const most = { bytes: exact.bytesStored + room.bytes, images: exact.imagesToday + room.images };
  return counting(tenantId, more, day, atMost(most, day));
}

/** What a change of an image changes; nothing where its bytes stay as many. */
export function countChanged(before: NewImage, next: NewImage): Step[] {
  const bytes = bytesOf(next) - bytesOf(before);
  if (bytes === 0) return [];
  const key = counterKey(next.record.tenant_id, randomShard());
  return [update(key, { expression: 'ADD bytes :bytes', values: { ':bytes': attribute(bytes) } })];
}

function counting(
  tenantId: string,
  more: { bytes: number; images: number },
  day: number,
  condition?: Condition,
): Step {
  const old = OLD_DAYS.map((ago, at) => [`#old${at}`, dayName(day - ago)] as const);
  const change = {
    expression: `ADD bytes :bytes, #day :images REMOVE ${old.map(([name]) => name).join(', ')}`,
    names: { '#day': dayName(day), ...Object.fromEntries(old) },
    values: { ':bytes': attribute(more.bytes), ':images': attribute(more.images) },
  };
  const key = counterKey(tenantId, condition ? EXACT_SHARD : randomShard());
  return update(key, change, condition, () => new RoomTaken());
}

function atMost(most: { bytes: number; images: number }, day: number): Condition {
  const conditions: string[] = [];
  const values: Item = {};
  if (Number.isFinite(most.bytes)) {
    conditions.push('(attribute_not_exists(bytes) OR bytes <= :mostBytes)');
    values[':mostBytes'] = attribute(most.bytes);
  }
  if (Number.isFinite(most.images)) {
    conditions.push('(attribute_not_exists(#day) OR #day <= :mostImages)');
    values[':mostImages'] = attribute(most.images);
  }
  return { expression: conditions.join(' AND '), names: { '#day': dayName(day) }, values };
}

/** All counters of the tenant, in the order of their numbers; missing ones are empty. */
async function countersOf(table: DynamoTable, tenantId: string): Promise<Item[]> {
  const keys = Array.from({ length: SHARDS.usage }, (_, shard) => counterKey(tenantId, shard));
  const found = new Map((await getItems(table, keys)).map((item) => [item.pk?.S, item]));
  return keys.map(({ pk }) => found.get(pk) ?? {});
}

function sumOf(counters: readonly Item[], day: number): TenantUsage {
  const sum = (name: string) => counters.reduce((all, item) => all + (optionalInteger(item, name) ?? 0), 0);
  return { bytesStored: sum('bytes'), imagesToday: sum(dayName(day)) };
}

function roomIn(limit: number | null, needed: number): number {
  return limit === null ? Number.POSITIVE_INFINITY : limit - needed;
}

function counterKey(tenantId: string, shard: number): Key {
  return { pk: `Q#${tenantId}#${shard}`, sk: 'Q' };
}

function randomShard(): number {
  return Math.floor(Math.random() * SHARDS.usage);
}

const dayOf = (now: number) => Math.floor(now / DAY);
const dayName = (day: number) => `day_${day}`;
