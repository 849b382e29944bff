import { isFailure } from '../failures.ts';
import type { NewImage } from '../images/catalog.ts';
import { isoTime } from '../images/clock.ts';
import type { NewImageEvent } from '../images/events.ts';
import type { StoredImage } from '../images/image.ts';
import { objectKeys } from '../images/keys.ts';
import type { RetentionPorts } from './ports.ts';

/** Why an image is no more. */
export type End = 'expired' | 'erased';

/**
 * What is left of an image: ids, times, and why it went. Nothing that its sender gave: no person, no file name,
 * no tags, no metadata.
 *
 * @param at milliseconds; an image that was erased has its end then, not at its planned time
 */
function tombstoneOf({ record, generation }: StoredImage, end: End, at: number): NewImage {
  return {
    generation,
    record: {
      image_id: record.image_id,
      tenant_id: record.tenant_id,
      user_id: '',
      status: end,
      source: record.source,
      variants: [],
      metadata: {},
      tags: {},
      pipeline: record.pipeline,
      steps: [],
      upload_time: record.upload_time,
      ...(record.processed_at === undefined ? {} : { processed_at: record.processed_at }),
      expires_at: end === 'erased' ? isoTime(at) : record.expires_at,
    },
  };
}

/**
 * Turns the record into a tombstone by one conditional write, with the event that says so. From then on the
 * image is gone for every reader; its objects are deleted afterwards, by `purge`.
 *
 * A full disk may refuse even this small write. Then what the image takes is given up first: what can be made
 * again before what cannot.
 *
 * @throws Failure `stale_write` where somebody else changed the record
 * @throws Failure `storage_full` where even that made no room
 */
export async function bury(ports: RetentionPorts, image: StoredImage, end: End): Promise<StoredImage> {
  const at = ports.clock.now();
  const { tenant_id: tenantId, image_id: imageId } = image.record;
  const event: NewImageEvent = { type: `image.${end}`, tenantId, imageId, status: end, at };
  const write = () => ports.catalog.replace(image, tombstoneOf(image, end, at), [event]);
  const waysToMakeRoom = [
    () => ports.objects.deletePrefix(objectKeys.processed(tenantId, imageId)),
    () => ports.objects.delete([objectKeys.original(tenantId, imageId)]),
  ];
  for (const makeRoom of waysToMakeRoom) {
    try {
      return await write();
    } catch (error) {
      if (!isFailure(error, 'storage_full')) throw error;
      await makeRoom();
    }
  }
  return await write();
}
