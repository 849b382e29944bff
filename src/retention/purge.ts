import type { StoredImage } from '../images/image.ts';
import { keyNameOf } from '../images/keyring.ts';
import { objectKeys } from '../images/keys.ts';
import { isGone } from '../images/states.ts';
import type { RetentionPorts } from './ports.ts';

export interface Purged {
  readonly objects: number;
  /** as stored */
  readonly bytes: number;
}

/**
 * Deletes everything that is kept of a tombstone outside its record, then notes that it is done. Every step
 * may be repeated, so that whoever comes after a crash simply does it all again.
 */
export async function purge(ports: RetentionPorts, { record }: StoredImage): Promise<Purged> {
  if (!isGone(record.status)) throw new Error(`${record.image_id} is ${record.status}, not a tombstone`);
  const { tenant_id: tenantId, image_id: imageId } = record;
  const original = objectKeys.original(tenantId, imageId);
  const made = objectKeys.processed(tenantId, imageId);

  let objects = 0;
  let bytes = 0;
  const originalHead = await ports.objects.head(original);
  for (const head of originalHead ? [originalHead] : []) [objects, bytes] = [objects + 1, bytes + head.size];
  for await (const head of ports.objects.list(made)) [objects, bytes] = [objects + 1, bytes + head.size];

  await ports.objects.deletePrefix(made);
  await ports.objects.delete([original]);
  // And every copy of them, in whatever backup. After the objects: on a full disk they make the room for it.
  await ports.keyring.destroy([keyNameOf({ tenantId, imageId })]);
  // After the original: what is still being made from it finds it gone, and is not kept.
  await ports.derivatives.purgeImage({ tenantId, imageId });
  await ports.partialUploads.remove(tenantId, imageId);
  await ports.queue.deadLetters.dropImage(tenantId, imageId);
  await ports.upkeep.markPurged(tenantId, imageId);
  return { objects, bytes };
}
