import type { NewImage } from '../images/catalog.ts';
import { isoTime } from '../images/clock.ts';
import type { ImageRecord, Original, StoredImage, Tags, Variant } from '../images/image.ts';
import { mediaTypes, objectKeys } from '../images/keys.ts';
import type { FileToStore } from '../images/object-store.ts';
import type { Probe } from '../pixels/picture.ts';
import type { RenderedOutput } from '../pixels/render-plan.ts';
import { processedUrl, variantUrl } from './delivery-links.ts';
import type { PipelineDocument } from './document.ts';
import type { StoredPipeline } from './pipeline-store.ts';
import type { PipelineResult } from './run-pipeline.ts';

/** What a finished run puts into storage and into the record. Pure: nothing here is written. */

export interface Publication {
  readonly pipeline: StoredPipeline;
  readonly result: PipelineResult;
  readonly generation: number;
  readonly publicUrl: string;
  /** milliseconds */
  readonly at: number;
}

/** The outputs under their keys. A key has the same bytes whoever writes it, and however often. */
export function filesToStore(
  { record }: StoredImage,
  { result, generation, at }: Publication,
): FileToStore[] {
  const { tenant_id: tenantId, image_id: imageId, original } = record;
  return result.rendered.outputs.map(({ name, format, path }) => ({
    key: objectKeys.variant(tenantId, imageId, generation, name, format),
    path,
    attributes: {
      contentType: mediaTypes[format],
      metadata: {
        image_id: imageId,
        original_filename: encodeURIComponent((original?.filename ?? '').toWellFormed()),
        processed_at: isoTime(at),
        status: 'ready',
      },
    },
  }));
}

/** The record with the new generation in the place of whatever was published before. */
export function publishedImage(before: StoredImage, publication: Publication): NewImage {
  const { pipeline, result, generation, at } = publication;
  const { run, ...image } = before;
  const { error: _, placeholder: __, ...record } = before.record;
  const { placeholder } = result.rendered;
  return {
    ...image,
    generation,
    // A still newer generation that was asked for meanwhile is still wanted.
    ...(run && run.generation > generation ? { run } : {}),
    record: {
      ...record,
      status: 'ready',
      ...(record.original && { original: originalAsSeen(record.original, result.probe) }),
      variants: variantsOf(before, publication),
      processed_url: processedUrl(linkedTo(record, publication.publicUrl)),
      ...(placeholder && { placeholder }),
      metadata: result.probe.metadata,
      tags: tagsWith(record.tags, pipeline.document),
      pipeline: { name: pipeline.name, version: pipeline.version },
      steps: result.steps,
      processed_at: isoTime(at),
    },
  };
}

/** The record with one more variant in its published generation. */
export function withVariants(before: StoredImage, publication: Publication): NewImage {
  const added = variantsOf(before, publication);
  const isAdded = (variant: Variant) => added.some(({ key }) => key === variant.key);
  const kept = before.record.variants.filter((variant) => !isAdded(variant));
  return { ...before, record: { ...before.record, variants: [...kept, ...added] } };
}

function variantsOf({ record }: StoredImage, publication: Publication): Variant[] {
  const { result, generation, publicUrl } = publication;
  const linked = linkedTo(record, publicUrl);
  return result.rendered.outputs.map(({ name, format, width, height, size, sha256 }: RenderedOutput) => ({
    name,
    format,
    key: objectKeys.variant(record.tenant_id, record.image_id, generation, name, format),
    width,
    height,
    size,
    sha256,
    url: variantUrl(linked, { name, format }, generation),
  }));
}

function linkedTo({ image_id: imageId, original }: ImageRecord, publicUrl: string) {
  return { publicUrl, imageId, filename: original?.filename ?? '' };
}

function originalAsSeen(original: Original, { format, viewed, pages }: Probe): Original {
  return { ...original, content_type: mediaTypes[format], format, ...viewed, pages };
}

const MAX_TAGS = 50;

/** The caller's own tags win, and have the first places where there are too many. */
function tagsWith(own: Tags, { steps }: PipelineDocument): Tags {
  const given = steps.flatMap((step) => (step.step === 'tag' ? Object.entries(step.tags) : []));
  const added = given.filter(([name]) => !Object.hasOwn(own, name));
  const room = MAX_TAGS - Object.keys(own).length;
  return { ...own, ...Object.fromEntries(added.slice(0, Math.max(0, room))) };
}
