import { isFailure } from '../failures.ts';
import type { StoredImage } from '../images/image.ts';
import { isGone } from '../images/states.ts';
import { type KeyTrouble, keyMends, keyTroubleOf } from './destroyed-keys.ts';
import { askForRun, type Mend, markFailed, reprocess } from './mending.ts';
import { findOrphans, type Orphan } from './orphans.ts';
import type { RetentionPorts } from './ports.ts';
import { missingObjects, type RecordTrouble, troubleOf } from './record-troubles.ts';

export interface ReconcileOptions {
  /** false only reports */
  readonly mend: boolean;
  /** milliseconds; what was written since may be work under way and is left alone. 10 minutes by default */
  readonly graceMs?: number;
  readonly signal?: AbortSignal;
}

export interface ReconcileReport {
  readonly findings: Finding[];
  /** looked at */
  readonly images: number;
  /** files of interrupted work that were removed; they are not looked for without `mend` */
  readonly leftoversRemoved: number;
}

export interface Finding {
  readonly kind: 'orphan_object' | 'orphan_partial_upload' | 'lost_run' | RecordTrouble | KeyTrouble;
  readonly tenantId?: string;
  readonly imageId?: string;
  readonly keys: readonly string[];
  /** a sentence for people */
  readonly detail: string;
  readonly done: Mend;
}

export const DEFAULT_GRACE_MS = 600_000;
const LEFTOVER_MS = 3_600_000;
/** Runs asked for again at a time; the rest are found by the next reconciliation. */
const MOST_LOST_RUNS = 10_000;

/**
 * Compares records and objects both ways and, with `mend`, makes them agree again, whatever a crash left behind.
 * Every mend is one step that may be repeated, so that a crash in between costs nothing but another reconciliation.
 */
export async function reconcile(ports: RetentionPorts, options: ReconcileOptions): Promise<ReconcileReport> {
  const settledBefore = ports.clock.now() - (options.graceMs ?? DEFAULT_GRACE_MS);
  const pass = new Reconciliation(ports, options, settledBefore);
  const leftoversRemoved = options.mend
    ? await ports.objects.removeLeftovers(Math.min(options.graceMs ?? LEFTOVER_MS, LEFTOVER_MS))
    : 0;
  await pass.deleteOrphans();
  await pass.removeFinishedPartialUploads();
  await pass.checkRecords();
  await pass.askForLostRuns();
  return { findings: pass.findings, images: pass.images, leftoversRemoved };
}

class Reconciliation {
  readonly findings: Finding[] = [];
  images = 0;
  readonly #ports: RetentionPorts;
  readonly #options: ReconcileOptions;
  readonly #settledBefore: number;

  constructor(ports: RetentionPorts, options: ReconcileOptions, settledBefore: number) {
    this.#ports = ports;
    this.#options = options;
    this.#settledBefore = settledBefore;
  }

  async deleteOrphans(): Promise<void> {
    const search = { settledBefore: this.#settledBefore, ...this.#signalOption() };
    for await (const orphan of findOrphans(this.#ports, search)) {
      this.findings.push({
        kind: 'orphan_object',
        ...ownerOf(orphan),
        keys: [orphan.key],
        detail: orphanDetails[orphan.why],
        done: await this.#mend(() => this.#deleteOrphan(orphan)),
      });
    }
  }

  /** Uploads in pieces whose bytes have moved on, or whose image is gone. */
  async removeFinishedPartialUploads(): Promise<void> {
    const { partialUploads, upkeep } = this.#ports;
    for (const { tenantId, imageId } of await partialUploads.abandoned(this.#settledBefore)) {
      this.#options.signal?.throwIfAborted();
      const image = await upkeep.readAny(tenantId, imageId);
      if (image?.record.status === 'awaiting_upload') continue;
      this.findings.push({
        kind: 'orphan_partial_upload',
        tenantId,
        imageId,
        keys: [],
        detail: 'no image waits for this upload',
        done: await this.#mend(async () => {
          await partialUploads.remove(tenantId, imageId);
          return 'deleted';
        }),
      });
    }
  }

  async checkRecords(): Promise<void> {
    for await (const image of this.#ports.upkeep.all()) {
      this.#options.signal?.throwIfAborted();
      this.images += 1;
      if (await this.#agreeWithKeyring(image)) continue;
      if (isGone(image.record.status)) continue;
      const missing = await missingObjects(this.#ports.objects, image);
      if (missing.length === 0 || (await this.#hasChanged(image))) continue;
      const trouble = troubleOf(image, missing);
      this.findings.push({
        kind: trouble,
        tenantId: image.record.tenant_id,
        imageId: image.record.image_id,
        keys: missing,
        detail: `${image.record.status}, but not in storage: ${missing.join(', ')}`,
        done: await this.#mend(() => mends[trouble](this.#ports, image)),
      });
    }
  }

  /** Images that wait for a run of which the queue may know nothing; where it does know, it takes no second one. */
  async askForLostRuns(): Promise<void> {
    for (const image of await this.#ports.upkeep.stalled(this.#settledBefore, MOST_LOST_RUNS)) {
      this.#options.signal?.throwIfAborted();
      const { tenant_id: tenantId, image_id: imageId, status } = image.record;
      this.findings.push({
        kind: 'lost_run',
        tenantId,
        imageId,
        keys: [],
        detail: `${status} for longer than a run takes`,
        done: await this.#mend(() => askForRun(this.#ports, image)),
      });
    }
  }

  /** Answers whether they did not agree. */
  async #agreeWithKeyring(image: StoredImage): Promise<boolean> {
    const trouble = await keyTroubleOf(this.#ports, image);
    if (trouble === undefined || (await this.#hasChanged(image))) return false;
    this.findings.push({
      kind: trouble,
      tenantId: image.record.tenant_id,
      imageId: image.record.image_id,
      keys: [],
      detail: keyDetails[trouble],
      done: await this.#mend(() => keyMends[trouble](this.#ports, image)),
    });
    return true;
  }

  async #deleteOrphan(orphan: Orphan): Promise<Mend> {
    if (orphan.why === 'unknown_key') return 'none';
    const now = await this.#ports.objects.head(orphan.key);
    if (now?.modifiedAt !== orphan.modifiedAt) return 'none';
    await this.#ports.objects.delete([orphan.key]);
    return 'deleted';
  }

  async #hasChanged({ record, version }: StoredImage): Promise<boolean> {
    const now = await this.#ports.upkeep.readAny(record.tenant_id, record.image_id);
    return now?.version !== version;
  }

  async #mend(mend: () => Promise<Mend>): Promise<Mend> {
    if (!this.#options.mend) return 'none';
    try {
      return await mend();
    } catch (error) {
      if (isFailure(error, 'stale_write')) return 'none';
      throw error;
    }
  }

  #signalOption(): { signal?: AbortSignal } {
    return this.#options.signal ? { signal: this.#options.signal } : {};
  }
}

const mends: Readonly<Record<RecordTrouble, (ports: RetentionPorts, image: StoredImage) => Promise<Mend>>> = {
  run_impossible: markFailed,
  variants_missing: reprocess,
  original_missing: async () => 'none',
};

const keyDetails: Readonly<Record<KeyTrouble, string>> = {
  key_destroyed: 'its key was destroyed: nothing of it can be read',
  key_left: 'the image is gone, and its key was still there',
};

const orphanDetails: Readonly<Record<Orphan['why'], string>> = {
  no_record: 'no record knows of this image',
  image_gone: 'the image expired or was erased',
  not_in_record: 'the record names other objects',
  unknown_key: 'not a key that Darkroom makes; left alone',
};

function ownerOf({ tenantId, imageId }: Orphan): { tenantId?: string; imageId?: string } {
  return tenantId === undefined || imageId === undefined ? {} : { tenantId, imageId };
}
