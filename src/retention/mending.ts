import { laneBySource } from '../images/events.ts';
import type { StoredImage } from '../images/image.ts';
import { runDedupeId } from '../pipeline/queue.ts';
import type { RetentionPorts } from './ports.ts';

/** What was done about a finding. `none`: only reported, or somebody else changed it in the meantime. */
export type Mend =
  | 'deleted'
  | 'marked_failed'
  | 'reprocess_asked'
  | 'queued'
  | 'erased'
  | 'key_destroyed'
  | 'none';

/** An image whose run can never succeed says so, instead of waiting for ever. */
export async function markFailed(ports: RetentionPorts, image: StoredImage): Promise<Mend> {
  const { run: _, ...settled } = image;
  const { tenant_id: tenantId, image_id: imageId } = image.record;
  const error = {
    code: 'object_not_found',
    message: 'The stored original is missing. Upload the image again.',
  };
  await ports.catalog.replace(image, { ...settled, record: { ...image.record, status: 'failed', error } }, [
    {
      type: 'image.failed',
      tenantId,
      imageId,
      status: 'failed',
      errorCode: error.code,
      at: ports.clock.now(),
    },
  ]);
  return 'marked_failed';
}

/** Asks for a new generation of an image whose variants are missing; readers keep what is left until it is there. */
export async function reprocess(ports: RetentionPorts, image: StoredImage): Promise<Mend> {
  if (image.run && !image.run.failed) return await askForRun(ports, image);
  const { tenant_id: tenantId, image_id: imageId, status } = image.record;
  const generation = Math.max(image.generation, image.run?.generation ?? 0) + 1;
  await ports.catalog.replace(image, { ...image, run: { generation, crashes: 0 } }, [
    {
      type: 'image.reprocess_asked',
      tenantId,
      imageId,
      status,
      generation,
      lane: 'background',
      at: ports.clock.now(),
    },
  ]);
  return 'reprocess_asked';
}

/** Sends the message of a run that is to be made; a queue that has it takes no second one. */
export async function askForRun(ports: RetentionPorts, image: StoredImage): Promise<Mend> {
  const { tenant_id: tenantId, image_id: imageId } = image.record;
  const generation = image.run?.generation ?? image.generation + 1;
  await ports.queue.send(
    { v: 1, kind: 'run', tenant_id: tenantId, image_id: imageId, generation },
    { lane: laneBySource[image.record.source], dedupeId: runDedupeId(imageId, generation) },
  );
  return 'queued';
}
