import { processedName } from '../delivery/file-names.ts';
import type { Catalog } from '../images/catalog.ts';
import type { ImageEvent } from '../images/events.ts';
import type { StoredImage, Variant } from '../images/image.ts';
import { extensions, mediaTypes } from '../images/keys.ts';
import type { ObjectStore } from '../images/object-store.ts';
import { type BucketRule, RULE_TAG } from '../intake/buckets/bucket-rules.ts';
import type { Sink } from './sinks.ts';

/** Copies of results in buckets of others. */
export interface ResultCopies {
  /** @throws Failure `storage_unavailable` */
  put(copy: {
    readonly bucket: string;
    readonly key: string;
    readonly contentType: string;
    /** bytes */
    readonly size: number;
    readonly body: ReadableStream<Uint8Array>;
  }): Promise<void>;
  /** Deletes all below a prefix that ends in a slash. @throws Failure `storage_unavailable` */
  removeFolder(folder: { readonly bucket: string; readonly prefix: string }): Promise<void>;
}

export interface ResultCopyDeps {
  readonly rules: readonly BucketRule[];
  readonly copies: ResultCopies;
  readonly catalog: Pick<Catalog, 'read'>;
  readonly objects: Pick<ObjectStore, 'read'>;
}

/** After these, nothing of the image is to be left anywhere. */
const ENDS: ReadonlySet<ImageEvent['type']> = new Set(['image.expired', 'image.erased']);

/**
 * Puts the result of an image where the rule says by which it came from a bucket, as
 * `{prefix}{image_id}/processed_{filename}`. The folder has nothing in its name but the id, so that it can still be found
 * when nothing else is known of the image, and goes with it.
 */
export function resultCopies({ rules, copies, catalog, objects }: ResultCopyDeps): Sink {
  async function copy({ tenantId, imageId }: ImageEvent): Promise<void> {
    const image = await catalog.read(tenantId, imageId);
    const rule = rules.find(({ name }) => name === image?.record.tags[RULE_TAG]);
    if (!image || !rule?.processed || image.record.source !== 'bucket') return;
    const variant = chosen(image, rule.processed.variant);
    const { original } = image.record;
    if (!variant || !original) return;
    const { stream, size } = await objects.read(variant.key);
    const name = processedName(original.filename, extensions[variant.format]);
    await copies.put({
      bucket: rule.processed.bucket,
      key: `${rule.processed.prefix}${imageId}/${name}`,
      contentType: mediaTypes[variant.format],
      ...{ size, body: stream },
    });
  }

  async function remove({ tenantId, imageId }: ImageEvent): Promise<void> {
    for (const { tenant, processed } of rules) {
      if (tenant !== tenantId || !processed) continue;
      await copies.removeFolder({ bucket: processed.bucket, prefix: `${processed.prefix}${imageId}/` });
    }
  }

  return {
    name: 'result-copies',
    batch: 20,
    async deliver(events) {
      for (const event of events) {
        if (event.type === 'image.ready') await copy(event);
        else if (ENDS.has(event.type)) await remove(event);
      }
    },
  };
}

/** The one that the rule names, else the largest; of several formats, the original's or else the first. */
function chosen({ record }: StoredImage, name: string | undefined): Variant | undefined {
  const named = record.variants.filter((variant) => name === undefined || variant.name === name);
  const widest = Math.max(0, ...named.map(({ width }) => width));
  const largest = named.filter(({ width }) => width === widest);
  return largest.find(({ format }) => format === record.original?.format) ?? largest[0];
}
