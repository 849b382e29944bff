import type { ListQuery } from '../../images/catalog.ts';
import type { Clock } from '../../images/clock.ts';
import type { StoredImage } from '../../images/image.ts';
import { isGone } from '../../images/states.ts';
import { decodeCursor, encodeCursor, ImageCursor } from '../cursors.ts';
import type { DynamoTable } from './dynamo-client.ts';
import {
  imageFrom,
  imageKey,
  isVisible,
  statePartitions,
  statusOf,
  tenantPartitions,
  userPartitions,
} from './dynamo-image-items.ts';
import { tagPartitions } from './dynamo-image-tags.ts';
import { type Item, text } from './dynamo-items.ts';
import { merged, type Spread } from './dynamo-merge.ts';
import { getItems } from './dynamo-requests.ts';
import { placeOf, sortable } from './dynamo-times.ts';

export interface ImagePage {
  readonly images: StoredImage[];
  readonly nextCursor?: string;
}

/** Images read at a time where some of those before were passed over: DynamoDB's bound of a batch. */
const BATCH = 100;
/**
 * Images looked at for one page. Where filters pass over more, the page is short or even empty and the cursor goes on
 * from there: no request reads a tenant from end to end.
 */
const MOST_LOOKED_AT = 2_000;

/**
 * Newest first. An index names candidates; the images themselves, read as they are now, decide: so a list never shows
 * what was erased, however far an index lags behind.
 */
export async function listImages(
  table: DynamoTable,
  clock: Clock,
  tenantId: string,
  query: ListQuery,
  mostLookedAt = MOST_LOOKED_AT,
): Promise<ImagePage> {
  const { bounds, passed } = boundsOf(query);
  const candidates = merged(table, {
    ...sourceOf(tenantId, query),
    ...bounds,
    isDescending: true,
    likely: query.limit + 1,
  });
  const found: StoredImage[] = [];
  let lookedAt = 0;
  let place = passed;
  while (found.length <= query.limit && lookedAt < mostLookedAt) {
    const missing = query.limit + 1 - found.length;
    const wanted = Math.min(
      found.length === lookedAt ? missing : Math.max(missing, BATCH),
      mostLookedAt - lookedAt,
    );
    const places = await take(candidates, wanted, passed);
    if (places.length === 0) return pageOf(found, query.limit);
    const items = await getItems(
      table,
      places.map((at) => imageKey(idOf(at))),
    );
    found.push(
      ...items
        .filter((item) => matches(item, tenantId, query, clock.now()))
        .map(imageFrom)
        .filter(filterOf(query)),
    );
    lookedAt += places.length;
    place = places.at(-1);
  }
  return pageOf(found, query.limit, place);
}

/** @param place where looking stopped, where it did not come to the end */
function pageOf(found: readonly StoredImage[], limit: number, place?: string): ImagePage {
  const images = found.slice(0, limit);
  const last = images.at(-1);
  if (found.length > limit && last)
    return { images, nextCursor: cursorOf(Date.parse(last.record.upload_time), last.record.image_id) };
  if (place === undefined) return { images };
  return { images, nextCursor: cursorOf(Number(place.slice(0, place.indexOf('#'))), idOf(place)) };
}

/** The most selective index that has all that is asked for. Tombstones are in that of states alone. */
function sourceOf(
  tenantId: string,
  { userId, status, tags }: ListQuery,
): Pick<Spread, 'index' | 'partitions'> {
  const [tag] = Object.entries(tags ?? {});
  const isRare = status !== undefined && !COMMON.has(status);
  if (isRare) return { index: 'state', partitions: statePartitions(tenantId, status) };
  if (tag) return { partitions: tagPartitions(tenantId, ...tag) };
  if (userId !== undefined) return { index: 'user', partitions: userPartitions(tenantId, userId) };
  if (status !== undefined && status !== 'ready')
    return { index: 'state', partitions: statePartitions(tenantId, status) };
  return { index: 'tenant', partitions: tenantPartitions(tenantId) };
}

/** States that most images are in, or many while there is much to do. */
const COMMON: ReadonlySet<string> = new Set(['received', 'processing', 'ready']);

/** Sort keys between which to look; `passed` is the one of the cursor, which was given out before. */
function boundsOf({ from, to, cursor }: ListQuery): {
  bounds: Pick<Spread, 'from' | 'to'>;
  passed: string | undefined;
} {
  const passed = cursor === undefined ? undefined : placeOf(...decodeCursor(cursor, ImageCursor));
  // No place is the bare time: a place of that very time, with its id behind, is beyond it.
  const ends = [passed, to === undefined ? undefined : sortable(to)]
    .filter((end) => end !== undefined)
    .sort();
  const [end] = ends;
  return {
    bounds: { ...(from !== undefined && { from: sortable(from) }), ...(end !== undefined && { to: end }) },
    passed,
  };
}

async function take(
  candidates: AsyncGenerator<Item>,
  count: number,
  passed: string | undefined,
): Promise<string[]> {
  const places: string[] = [];
  while (places.length < count) {
    const next = await candidates.next();
    if (next.done) break;
    const place = next.value.at?.S ?? text(next.value, 'sk');
    if (place !== passed) places.push(place);
  }
  return places;
}

function matches(item: Item, tenantId: string, { status }: ListQuery, now: number): boolean {
  if (text(item, 'tenant') !== tenantId) return false;
  if (status !== undefined && isGone(status)) return statusOf(item) === status;
  return isVisible(item, now) && (status === undefined || statusOf(item) === status);
}

function filterOf({ userId, tags, from, to }: ListQuery): (image: StoredImage) => boolean {
  const wanted = Object.entries(tags ?? {});
  return ({ record }) => {
    const uploaded = Date.parse(record.upload_time);
    return (
      (userId === undefined || record.user_id === userId) &&
      (from === undefined || uploaded >= from) &&
      (to === undefined || uploaded < to) &&
      wanted.every(([name, value]) => Object.hasOwn(record.tags, name) && record.tags[name] === value)
    );
  };
}

function idOf(place: string): string {
  return place.slice(place.indexOf('#') + 1);
}

function cursorOf(milliseconds: number, imageId: string): string {
  return encodeCursor([milliseconds, imageId]);
}
