import { z } from 'zod';
import { EVENT_LANES, EVENT_TYPES, type ImageEvent, type NewImageEvent } from '../../images/events.ts';
import { Status } from '../../images/image.ts';
import { firstEventId, nextEventId } from '../event-ids.ts';
import { HEAPS } from './dynamo-image-items.ts';
import { attributes, type Item, text } from './dynamo-items.ts';
import { SHARDS, shardOf, shardsOf } from './dynamo-shards.ts';

/** As it is in the item: all but the id, which is in the key. */
const Written = z.object({
  type: z.enum(EVENT_TYPES),
  tenantId: z.string(),
  imageId: z.string(),
  status: Status,
  generation: z.int().optional(),
  errorCode: z.string().optional(),
  lane: z.enum(EVENT_LANES).optional(),
  at: z.number(),
});

/** An event that was not handed on yet. */
export function eventItem(id: string, event: NewImageEvent): Item {
  const { type, tenantId, imageId, status, generation, errorCode, lane, at } = event;
  const written = { type, tenantId, imageId, status, generation, errorCode, lane, at };
  return attributes({
    pk: `E#${tenantId}#${logShardOf(id)}`,
    sk: id,
    event: JSON.stringify(written),
    wp: outboxPartition(id),
    ws: id,
  });
}

export function eventFrom(item: Item): ImageEvent {
  const { generation, errorCode, lane, ...event } = Written.parse(JSON.parse(text(item, 'event')));
  return {
    id: text(item, 'sk'),
    ...event,
    ...(generation !== undefined && { generation }),
    ...(errorCode !== undefined && { errorCode }),
    ...(lane !== undefined && { lane }),
  };
}

export const logPartitions = (tenantId: string) => shardsOf(`E#${tenantId}`, SHARDS.events);

/** Where an event of that id waits to be handed on. */
export function outboxPartition(id: string): string {
  return `${HEAPS.outbox}#${Number.parseInt(id.slice(-1), 16)}`;
}

function logShardOf(id: string): number {
  return Number.parseInt(id.slice(-1), 16) % SHARDS.events;
}

export function isEventId(text: string): boolean {
  return /^[0-9a-f]{24}$/.test(text);
}

/** Milliseconds; what the clock of the writer said when it was written. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 12), 16);
}

const NIBBLE = 16n;

/**
 * Ids for the events of one process. Their last digit is the shard of the image, so that an event is found by its id
 * alone, and those of one image stay in one line.
 */
export class EventIds {
  #newest: string | undefined;

  next(imageId: string, now: number): string {
    const free = BigInt(`0x${nextEventId(this.#newest, now)}`);
    // Rounded up: it must not fall behind the newest.
    const id = (free / NIBBLE + 1n) * NIBBLE + BigInt(shardOf(imageId, Number(NIBBLE)));
    this.#newest = id.toString(16).padStart(firstEventId(0).length, '0');
    return this.#newest;
  }
}
