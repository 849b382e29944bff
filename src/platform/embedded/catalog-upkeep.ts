import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CatalogUpkeep } from '../../images/catalog.ts';
import type { Clock } from '../../images/clock.ts';
import { Status, type StoredImage } from '../../images/image.ts';
import { integer, text } from './columns.ts';
import type { Database, Row } from './database.ts';
import { IMAGE_COLUMNS, imageFrom } from './image-rows.ts';

/** Rows read or deleted at a time: nobody waits long for a large clean-up. */
const BATCH = 500;
const GONE = "status IN ('expired', 'erased')";

export interface UpkeepDeps {
  readonly database: Database;
  readonly clock: Clock;
  /** called when bytes of a record have been overwritten that must not stay readable anywhere on disk */
  readonly onPurged: () => void;
}

export function createCatalogUpkeep({ database, clock, onPurged }: UpkeepDeps): CatalogUpkeep {
  const select = (condition: string, ...values: (string | number)[]): StoredImage[] =>
    database.all(`SELECT ${IMAGE_COLUMNS} FROM images i WHERE ${condition}`, ...values).map(imageFrom);

  async function forgetInBatches(deleteBatch: () => number): Promise<number> {
    let forgotten = 0;
    for (;;) {
      const gone = deleteBatch();
      forgotten += gone;
      if (gone < BATCH) return forgotten;
      await nextTurn();
    }
  }

  return {
    async readAny(tenantId, imageId) {
      return select('image_id = ? AND tenant_id = ?', imageId, tenantId)[0];
    },

    async expired(limit) {
      const condition = "status NOT IN ('expired', 'erased') AND expires_at <= ? ORDER BY expires_at LIMIT ?";
      return select(condition, clock.now(), limit);
    },

    async unpurged(limit) {
      return select(`purged = 0 AND ${GONE} ORDER BY written_at LIMIT ?`, limit);
    },

    async markPurged(tenantId, imageId) {
      database.run(
        `UPDATE images SET purged = 1 WHERE image_id = ? AND tenant_id = ? AND ${GONE}`,
        imageId,
        tenantId,
      );
      onPurged();
    },

    async forgetTombstones(before) {
      await forgetInBatches(() =>
        database.run(
          `DELETE FROM idempotency_keys WHERE (tenant_id, key) IN
             (SELECT tenant_id, key FROM idempotency_keys WHERE created_at < ? LIMIT ${BATCH})`,
          before,
        ),
      );
      return forgetInBatches(() =>
        database.run(
          `DELETE FROM images WHERE image_id IN
             (SELECT image_id FROM images WHERE purged = 1 AND ${GONE} AND written_at < ? LIMIT ${BATCH})`,
          before,
        ),
      );
    },

    async stalled(before, limit) {
      const condition = "status IN ('received', 'processing') AND written_at < ? ORDER BY written_at LIMIT ?";
      return select(condition, before, limit);
    },

    async *all() {
      let last = '';
      for (;;) {
        const page = select(`image_id > ? ORDER BY image_id LIMIT ${BATCH}`, last);
        yield* page;
        const end = page.at(-1);
        if (end === undefined) return;
        await nextTurn();
        last = end.record.image_id;
      }
    },

    async counts() {
      const rows = database.all('SELECT status, images FROM status_counts WHERE images > 0');
      return Object.fromEntries(
        rows.map((row: Row) => [Status.parse(text(row, 'status')), integer(row, 'images')]),
      );
    },
  };
}
