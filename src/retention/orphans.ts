import type { StoredImage } from '../images/image.ts';
import { objectKeys } from '../images/keys.ts';
import type { ObjectHead } from '../images/object-store.ts';
import { isGone } from '../images/states.ts';
import type { RetentionPorts } from './ports.ts';

/** An object that no record asks for. */
export interface Orphan {
  readonly key: string;
  /** bytes */
  readonly size: number;
  /** milliseconds */
  readonly modifiedAt: number;
  readonly why: OrphanReason;
  readonly tenantId?: string;
  readonly imageId?: string;
}

export type OrphanReason =
  /** the image never got a record, or its tombstone is forgotten */
  | 'no_record'
  /** the image expired or was erased */
  | 'image_gone'
  /** the record names other objects: an older generation, or a run that was cut off */
  | 'not_in_record'
  /** no key of ours: left alone by repair */
  | 'unknown_key';

export interface OrphanSearch {
  /** milliseconds: what was written since may belong to a record that is about to be committed */
  readonly settledBefore: number;
  readonly signal?: AbortSignal;
}

/**
 * Objects without a record. Each is listed first and its record read afterwards, so that a record that was there
 * when its object was seen is always found.
 */
export async function* findOrphans(ports: RetentionPorts, search: OrphanSearch): AsyncIterable<Orphan> {
  const records = new LastRecord(ports);
  for (const root of ['raw/', 'processed/']) {
    for await (const head of ports.objects.list(root)) {
      search.signal?.throwIfAborted();
      if (head.modifiedAt < search.settledBefore) yield* judge(head, records);
    }
  }
}

async function* judge(object: ObjectHead, records: LastRecord): AsyncIterable<Orphan> {
  const owner = ownerOf(object.key);
  if (!owner) return yield { ...object, why: 'unknown_key' };
  const why = reasonAgainst(object.key, await records.read(owner));
  if (why) yield { ...object, why, ...owner };
}

/** Why nobody asks for the key; nothing where somebody does. */
function reasonAgainst(key: string, image: StoredImage | undefined): OrphanReason | undefined {
  if (!image) return 'no_record';
  if (isGone(image.record.status)) return 'image_gone';
  return keysOf(image).includes(key) || isUnderWay(key, image) ? undefined : 'not_in_record';
}

/** Whether the record may come to name the key, without a new file being written. */
function isUnderWay(key: string, { record, run }: StoredImage): boolean {
  const { tenant_id: tenantId, image_id: imageId } = record;
  // The upload of a reservation was cut off between its bytes and its record: its sender may repeat it.
  if (record.status === 'awaiting_upload') return key === objectKeys.original(tenantId, imageId);
  // A run was cut off between its files and its record: it is made again, under the same keys.
  return (
    run !== undefined &&
    !run.failed &&
    key.startsWith(objectKeys.generation(tenantId, imageId, run.generation))
  );
}

/** The objects that a record names. */
export function keysOf({ record }: StoredImage): string[] {
  const original = record.original ? [record.original.key] : [];
  return [...original, ...record.variants.map(({ key }) => key)];
}

const OUR_KEYS = /^(?:raw\/([^/]+)\/([^/]+)|processed\/([^/]+)\/([^/]+)\/\d+\/[^/]+)$/;

function ownerOf(key: string): { tenantId: string; imageId: string } | undefined {
  const parts = OUR_KEYS.exec(key);
  const tenantId = parts?.[1] ?? parts?.[3];
  const imageId = parts?.[2] ?? parts?.[4];
  return tenantId === undefined || imageId === undefined ? undefined : { tenantId, imageId };
}

/** Objects of an image come one after the other: its record is read once. */
class LastRecord {
  readonly #ports: RetentionPorts;
  #imageId: string | undefined;
  #image: StoredImage | undefined;

  constructor(ports: RetentionPorts) {
    this.#ports = ports;
  }

  async read({ tenantId, imageId }: { tenantId: string; imageId: string }): Promise<StoredImage | undefined> {
    if (this.#imageId !== imageId) {
      this.#image = await this.#ports.upkeep.readAny(tenantId, imageId);
      this.#imageId = imageId;
    }
    return this.#image;
  }
}
