import { isFailure, toFailure } from '../failures.ts';
import type { StoredImage } from '../images/image.ts';
import type { RetentionPorts } from './ports.ts';
import { purge } from './purge.ts';
import { bury } from './tombstone.ts';

/** What a sweep deleted. Ids only: a report names no person and no file. */
export interface SweepReport {
  /** images whose time had come: now tombstones */
  readonly expired: string[];
  /** tombstones whose objects this sweep deleted, those of `expired` included */
  readonly purged: string[];
  /** uploads that nobody went on with */
  readonly abandonedUploads: string[];
  readonly objectsDeleted: number;
  /** of the objects deleted */
  readonly bytesDeleted: number;
  readonly tombstonesForgotten: number;
  readonly eventsForgotten: number;
  readonly leftoversRemoved: number;
  /** what could not be done now and is tried again by the next sweep */
  readonly faults: { imageId?: string; code: string; message: string }[];
}

export interface SweepOptions {
  readonly signal?: AbortSignal;
  /** how long things are kept, where the defaults do not fit */
  readonly periods?: Partial<SweepPeriods>;
}

/** All in milliseconds. */
export interface SweepPeriods {
  /** an unfinished upload without a new byte is given up after this */
  readonly abandonedUpload: number;
  /** a file of interrupted work is removed after this */
  readonly leftover: number;
  /** a tombstone, and an idempotency key, is forgotten after this */
  readonly tombstone: number;
  /** an event that was handed on is forgotten after this; `Last-Event-ID` reaches this far back */
  readonly event: number;
}

const HOUR = 3_600_000;
const defaultPeriods: SweepPeriods = {
  abandonedUpload: 24 * HOUR,
  leftover: HOUR,
  tombstone: 30 * 24 * HOUR,
  event: 7 * 24 * HOUR,
};

/** Small enough that an abort is quick, and that a sweep never holds much in memory. */
const BATCH = 100;

/**
 * Deletes what should no longer be there. What frees space without asking for any goes first, so that a sweep
 * also works on a full disk; a fault with one image does not keep the others.
 */
export async function sweep(ports: RetentionPorts, options: SweepOptions = {}): Promise<SweepReport> {
  const periods = { ...defaultPeriods, ...options.periods };
  const pass = new Sweep(ports, options.signal);
  const now = ports.clock.now();
  await pass.removeLeftovers(periods.leftover);
  await pass.finishTombstones();
  await pass.giveUpUploads(now - periods.abandonedUpload);
  await pass.expireImages();
  await pass.forget(now - periods.tombstone, now - periods.event);
  return pass.report;
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

class Sweep {
  readonly report: Writable<SweepReport> = {
    expired: [],
    purged: [],
    abandonedUploads: [],
    objectsDeleted: 0,
    bytesDeleted: 0,
    tombstonesForgotten: 0,
    eventsForgotten: 0,
    leftoversRemoved: 0,
    faults: [],
  };
  readonly #ports: RetentionPorts;
  readonly #signal: AbortSignal | undefined;

  constructor(ports: RetentionPorts, signal: AbortSignal | undefined) {
    this.#ports = ports;
    this.#signal = signal;
  }

  async removeLeftovers(olderThan: number): Promise<void> {
    await this.#attempt(async () => {
      this.report.leftoversRemoved = await this.#ports.objects.removeLeftovers(olderThan);
    });
  }

  /** Tombstones whose objects a crash left behind. */
  async finishTombstones(): Promise<void> {
    await this.#inBatches(
      (limit) => this.#ports.upkeep.unpurged(limit),
      (image) => this.#purge(image),
    );
  }

  async giveUpUploads(before: number): Promise<void> {
    const { partialUploads, upkeep } = this.#ports;
    for (const { tenantId, imageId } of await partialUploads.abandoned(before)) {
      await this.#attempt(async () => {
        const image = await upkeep.readAny(tenantId, imageId);
        if (image?.record.status === 'awaiting_upload') await this.#expire(image);
        await partialUploads.remove(tenantId, imageId);
        this.report.abandonedUploads.push(imageId);
      }, imageId);
    }
  }

  async expireImages(): Promise<void> {
    await this.#inBatches(
      (limit) => this.#ports.upkeep.expired(limit),
      (image) => this.#expire(image),
    );
  }

  async forget(tombstonesBefore: number, eventsBefore: number): Promise<void> {
    await this.#attempt(async () => {
      this.report.tombstonesForgotten = await this.#ports.upkeep.forgetTombstones(tombstonesBefore);
      this.report.eventsForgotten = await this.#ports.events.forget(eventsBefore);
    });
  }

  async #expire(image: StoredImage): Promise<void> {
    const tombstone = await bury(this.#ports, image, 'expired');
    this.report.expired.push(image.record.image_id);
    await this.#purge(tombstone);
  }

  async #purge(tombstone: StoredImage): Promise<void> {
    const { objects, bytes } = await purge(this.#ports, tombstone);
    this.report.purged.push(tombstone.record.image_id);
    this.report.objectsDeleted += objects;
    this.report.bytesDeleted += bytes;
  }

  /** Until nothing is left; who could not be helped waits for the next sweep and stands in nobody's way. */
  async #inBatches(
    next: (limit: number) => Promise<StoredImage[]>,
    handle: (image: StoredImage) => Promise<void>,
  ): Promise<void> {
    const passedOver = new Set<string>();
    for (;;) {
      const found: StoredImage[] = [];
      await this.#attempt(async () => void found.push(...(await next(BATCH + passedOver.size))));
      const batch = found.filter(({ record }) => !passedOver.has(record.image_id));
      if (batch.length === 0) return;
      for (const image of batch) {
        const imageId = image.record.image_id;
        if (!(await this.#attempt(() => handle(image), imageId))) passedOver.add(imageId);
      }
    }
  }

  /** Notes a fault and goes on; somebody else's write to the same record is none: the next round sees it. */
  async #attempt(work: () => Promise<void>, imageId?: string): Promise<boolean> {
    this.#signal?.throwIfAborted();
    try {
      await work();
      return true;
    } catch (error) {
      if (isFailure(error, 'stale_write')) return false;
      const message = error instanceof Error ? error.message : String(error);
      this.report.faults.push({
        ...(imageId === undefined ? {} : { imageId }),
        code: toFailure(error).code,
        message,
      });
      return false;
    }
  }
}
