import { z } from 'zod';
import type { NewImage } from '../../images/catalog.ts';
import { laneBySource } from '../../images/events.ts';
import { Declared, ImageRecord, Run, type Status, type StoredImage } from '../../images/image.ts';
import { isGone } from '../../images/states.ts';
import { attributes, type Item, integer, type Key, text } from './dynamo-items.ts';
import type { Change } from './dynamo-requests.ts';
import { SHARDS, shardOf, shardsOf } from './dynamo-shards.ts';
import { placeOf, ttlAt } from './dynamo-times.ts';
import { packJson, unpackJson } from './packed-json.ts';

const DAY = 24 * 3_600_000;
/** What no sweep has come for goes by itself so long after its time; its objects go by the rules of their bucket. */
const UNSWEPT_MS = 30 * DAY;

export function imageKey(imageId: string): Key {
  return { pk: `I#${imageId}`, sk: 'I' };
}

/** No key of an image is longer; DynamoDB refuses longer keys than 2 KB altogether. */
const MOST_ID = 64;

/** Text that may come from a URL, as a key; undefined where no image can have such an id. */
export function imageKeyAsked(imageId: string): Key | undefined {
  return imageId.length > 0 && imageId.length <= MOST_ID ? imageKey(imageId) : undefined;
}

const Body = z.object({
  record: ImageRecord,
  generation: z.int(),
  run: Run.optional(),
  declared: Declared.optional(),
});

/** What is written with an image, besides the image. */
export interface Writing {
  readonly version: number;
  /** milliseconds */
  readonly at: number;
  /** of this write, to know its traces by */
  readonly nonce: string;
}

export function imageItem(image: NewImage, { version, at, nonce }: Writing): Item {
  const { record, generation, run, declared } = image;
  const body = { record, generation, run, declared };
  return attributes({
    ...imageKey(record.image_id),
    tenant: record.tenant_id,
    status: record.status,
    version,
    written: at,
    expires: Date.parse(record.expires_at),
    nonce,
    body: packJson(body),
    ...(isGone(record.status) ? tombstonePlaces(record, at) : livePlaces(record)),
  });
}

/** Attributes that come and go with what an image is; its idempotency key stays. */
const CHANGING = ['tp', 'up', 'sp', 'dp', 'ds', 'wp', 'ws', 'ttl'] as const;

/** Makes the item of an image into another one of the same image. */
export function rewriting(item: Item): Change {
  const { pk: _, sk: __, ...rest } = item;
  const set = Object.entries(rest);
  const gone = CHANGING.filter((name) => rest[name] === undefined);
  const remove = gone.length === 0 ? '' : ` REMOVE ${gone.map((name) => `#${name}`).join(', ')}`;
  return {
    expression: `SET ${set.map(([name]) => `#${name} = :${name}`).join(', ')}${remove}`,
    // Some of the names are words of the language of expressions.
    names: Object.fromEntries([...set.map(([name]) => name), ...gone].map((name) => [`#${name}`, name])),
    values: Object.fromEntries(set.map(([name, value]) => [`:${name}`, value])),
  };
}

export function imageFrom(item: Item): StoredImage {
  const packed = item.body?.S ?? item.body?.B;
  if (packed === undefined) throw new Error(`item ${item.pk?.S} holds no image`);
  const { run, declared, ...rest } = Body.parse(unpackJson(packed));
  return {
    ...rest,
    version: integer(item, 'version'),
    ...(run && { run }),
    ...(declared && { declared }),
  };
}

/** Readers see the image: its time has not come, and it is no tombstone. */
export function isVisible(item: Item, now: number): boolean {
  return integer(item, 'expires') > now && !isGone(statusOf(item));
}

export function statusOf(item: Item): Status {
  return text(item, 'status') as Status;
}

/** Partitions of the index `tenant`. */
export const tenantPartitions = (tenantId: string) => shardsOf(`T#${tenantId}`, SHARDS.list);
/** Partitions of the index `user`: one for what people send themselves, the others for what comes in heaps. */
export const userPartitions = (tenantId: string, userId: string) =>
  shardsOf(userName(tenantId, userId), 1 + SHARDS.heap);
/** Partitions of the index `state`. */
export const statePartitions = (tenantId: string, status: Status) =>
  shardsOf(`S#${tenantId}#${groupOf(status)}`, SHARDS.list);

/** The kinds of global partitions of the indexes `due` and `work`. */
export const HEAPS = {
  /** due: images, by the time they expire */
  expiring: 'X',
  /** due: purged tombstones, by when they became that */
  forgettable: 'F',
  /** due: idempotency keys, by when they were claimed */
  keys: 'K',
  /** work: images received and not finished, by upload time */
  unfinished: 'W',
  /** work: tombstones whose objects may be there, by when they became that */
  unpurged: 'P',
  /** work: events that were not handed on, by id */
  outbox: 'O',
} as const;

export const heapPartitions = (heap: keyof typeof HEAPS) => shardsOf(HEAPS[heap], SHARDS.global);
export const heapPartition = (heap: keyof typeof HEAPS, id: string) =>
  `${HEAPS[heap]}#${shardOf(id, SHARDS.global)}`;

function livePlaces(record: ImageRecord): Record<string, string | number | undefined> {
  const { tenant_id: tenantId, image_id: id, status } = record;
  const uploaded = placeOf(Date.parse(record.upload_time), id);
  const expires = Date.parse(record.expires_at);
  const waits = groupOf(status) === UNFINISHED;
  return {
    tp: `T#${tenantId}#${shardOf(id, SHARDS.list)}`,
    up: userPartition(record),
    at: uploaded,
    sp: status === 'ready' ? undefined : statePartition(record),
    dp: heapPartition('expiring', id),
    ds: placeOf(expires, id),
    wp: waits ? heapPartition('unfinished', id) : undefined,
    ws: waits ? uploaded : undefined,
    ttl: ttlAt(expires + UNSWEPT_MS),
  };
}

function tombstonePlaces(record: ImageRecord, at: number): Record<string, string> {
  const id = record.image_id;
  return {
    at: placeOf(Date.parse(record.upload_time), id),
    sp: statePartition(record),
    wp: heapPartition('unpurged', id),
    ws: placeOf(at, id),
  };
}

function statePartition({ tenant_id, status, image_id }: ImageRecord): string {
  return `S#${tenant_id}#${groupOf(status)}#${shardOf(image_id, SHARDS.list)}`;
}

function userPartition({ tenant_id, user_id, source, image_id }: ImageRecord): string {
  const isHeap = laneBySource[source] === 'background';
  return `${userName(tenant_id, user_id)}#${isHeap ? 1 + shardOf(image_id, SHARDS.heap) : 0}`;
}

/** Ids of people may come from elsewhere and hold any character; both are told apart by the length of the first. */
function userName(tenantId: string, userId: string): string {
  return `U#${tenantId.length}#${tenantId}#${userId}`;
}

const UNFINISHED = 'unfinished';

/** The step from one to the other is the most frequent of all; an index that does not tell them apart need not follow it. */
function groupOf(status: Status): string {
  return status === 'received' || status === 'processing' ? UNFINISHED : status;
}
