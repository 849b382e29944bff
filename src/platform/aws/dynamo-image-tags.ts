import { createHash } from 'node:crypto';
import type { NewImage } from '../../images/catalog.ts';
import type { ImageRecord } from '../../images/image.ts';
import { isGone } from '../../images/states.ts';
import { attributes, type Item, type Key } from './dynamo-items.ts';
import { SHARDS, shardOf, shardsOf } from './dynamo-shards.ts';
import { placeOf, ttlAt } from './dynamo-times.ts';

/**
 * One item for each tag of an image, to find the image by. What is found by them is read from the image itself, so one
 * that stays behind misleads nobody. Names and values are in them as digests only.
 */
export function tagPartitions(tenantId: string, name: string, value: string): string[] {
  return shardsOf(tagName(tenantId, name, value), SHARDS.list);
}

/** The items that the image must have and did not have `before`. */
export function tagsToPut(before: NewImage | undefined, next: NewImage): Item[] {
  const had = new Set(before ? tagKeys(before.record).map(nameOf) : []);
  const { expires_at } = next.record;
  const has = isGone(next.record.status) ? [] : tagKeys(next.record);
  const isLonger = before !== undefined && before.record.expires_at !== expires_at;
  return has
    .filter((key) => isLonger || !had.has(nameOf(key)))
    .map((key) => attributes({ ...key, ttl: ttlAt(Date.parse(expires_at)) }));
}

/** The items that the image has no more. */
export function tagsToRemove(before: NewImage, next: NewImage): Key[] {
  const has = new Set(isGone(next.record.status) ? [] : tagKeys(next.record).map(nameOf));
  const had = isGone(before.record.status) ? [] : tagKeys(before.record);
  return had.filter((key) => !has.has(nameOf(key)));
}

function tagKeys({ tenant_id, image_id, upload_time, tags }: ImageRecord): Key[] {
  const sk = placeOf(Date.parse(upload_time), image_id);
  const shard = shardOf(image_id, SHARDS.list);
  return Object.entries(tags).map(([name, value]) => ({
    pk: `${tagName(tenant_id, name, value)}#${shard}`,
    sk,
  }));
}

function tagName(tenantId: string, name: string, value: string): string {
  return `G#${createHash('sha256')
    .update(JSON.stringify([tenantId, name, value]))
    .digest('base64url')}`;
}

function nameOf({ pk, sk }: Key): string {
  return `${pk}\n${sk}`;
}
