import { Failure } from '../failures.ts';
import type { Catalog } from '../images/catalog.ts';
import type { Clock } from '../images/clock.ts';
import type { ImageRecord, StoredImage } from '../images/image.ts';
import { type Change, changeImage } from './change-image.ts';
import type { PipelineStore, StoredPipeline } from './pipeline-store.ts';

export interface ReprocessDeps {
  readonly catalog: Catalog;
  readonly pipelines: Pick<PipelineStore, 'get'>;
  readonly clock: Clock;
}

export interface ReprocessOrder {
  readonly tenantId: string;
  readonly imageId: string;
  /** its newest version; the image's own pipeline, in its newest version, where absent */
  readonly pipeline?: string;
}

/**
 * Asks for another run over the original. What is published stays, and so does the pipeline that made it, until the new
 * generation takes its place, which it may never do; an image without anything published starts over.
 *
 * @throws Failure `image_not_found`, `pipeline_not_found`, `image_not_ready` (its first run is not over, or it has
 *   no original)
 */
export async function askReprocess(deps: ReprocessDeps, order: ReprocessOrder): Promise<StoredImage> {
  const { tenantId, imageId } = order;
  const image = await deps.catalog.read(tenantId, imageId);
  const pipeline =
    image && (await findPipeline(deps, tenantId, order.pipeline ?? image.record.pipeline.name));
  const changed =
    pipeline &&
    (await changeImage(deps.catalog, { tenant_id: tenantId, image_id: imageId }, (stored) =>
      anotherRun(stored, pipeline, deps.clock.now()),
    ));
  if (changed) return changed.after;
  throw new Failure('image_not_found', `There is no image ${imageId}. It may have expired or been erased.`);
}

function anotherRun(stored: StoredImage, pipeline: StoredPipeline, at: number): Change {
  const { record } = stored;
  assertMayRun(record);
  const { name, version } = pipeline;
  const asked = { name, version };
  const generation = Math.max(stored.generation, stored.run?.generation ?? 0) + 1;
  return {
    next:
      record.status === 'ready'
        ? { ...stored, record: withoutError(record), run: { generation, crashes: 0, pipeline: asked } }
        : {
            ...stored,
            record: { ...startedOver(record), pipeline: asked },
            run: { generation, crashes: 0 },
          },
    events: [
      {
        type: 'image.reprocess_asked',
        tenantId: record.tenant_id,
        imageId: record.image_id,
        status: record.status === 'ready' ? 'ready' : 'received',
        generation,
        lane: 'background',
        at,
      },
    ],
  };
}

function assertMayRun({ image_id, status, original }: ImageRecord): void {
  if (status === 'received' || status === 'processing') {
    throw new Failure('image_not_ready', `Image ${image_id} is being processed. Wait for that to end.`);
  }
  if (!original) {
    throw new Failure('image_not_ready', `Image ${image_id} has no original. Send its bytes first.`);
  }
}

function startedOver(record: ImageRecord): ImageRecord {
  const { processed_at: _, ...rest } = withoutError(record);
  return { ...rest, status: 'received', steps: [] };
}

function withoutError({ error: _, ...record }: ImageRecord): ImageRecord {
  return record;
}

async function findPipeline(
  { pipelines }: ReprocessDeps,
  tenantId: string,
  name: string,
): Promise<StoredPipeline> {
  const found = await pipelines.get(tenantId, name);
  if (found) return found;
  throw new Failure(
    'pipeline_not_found',
    `There is no pipeline ${JSON.stringify(name)}. GET /v1/pipelines lists those that there are.`,
  );
}
