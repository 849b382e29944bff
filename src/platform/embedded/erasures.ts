import { setTimeout as sleep } from 'node:timers/promises';
import { v7 } from 'uuid';
import { z } from 'zod';
import type { Clock } from '../../images/clock.ts';
import type { DoomedImage, Erasure, Erasures, SignedReceipt, Who } from '../../retention/erasure.ts';
import { appendActs } from './audit-log.ts';
import { integer, optionalInteger, optionalText, text } from './columns.ts';
import type { Database, Row } from './database.ts';
import { IMAGE_COLUMNS, imageFrom } from './image-rows.ts';
import { assertOwnerStays } from './owners.ts';
import { createPersonSearch, type PersonSearchDeps } from './person-search.ts';

/** How long a reader of another process may keep the log of the database from being emptied, milliseconds. */
const LOG_PATIENCE_MS = 3_000;
const GONE = "('expired', 'erased')";
/** As it was signed: nothing may be added or left out. */
const Receipt = z.custom<SignedReceipt>((value) => typeof value === 'object' && value !== null);

export interface ErasuresDeps extends PersonSearchDeps {
  readonly database: Database;
  readonly clock: Clock;
}

export function createErasures(deps: ErasuresDeps): Erasures {
  const { database, clock } = deps;
  const search = createPersonSearch(deps);

  return {
    async begin({ tenantId, userId }, askedBy) {
      return database.write(() => {
        const running = database.get(
          'SELECT * FROM erasures WHERE tenant_id = ? AND user_id = ? AND finished_at IS NULL',
          tenantId,
          userId,
        );
        if (running !== undefined) return erasureFrom(running);
        assertOwnerStays(database, tenantId, userId);
        const askedAt = clock.now();
        const erasureId = v7({ msecs: askedAt });
        database.run(
          'INSERT INTO erasures (erasure_id, tenant_id, user_id, asked_by, asked_at) VALUES (?, ?, ?, ?, ?)',
          erasureId,
          tenantId,
          userId,
          askedBy,
          askedAt,
        );
        return { erasureId, tenantId, userId, askedBy, askedAt };
      });
    },

    async find(tenantId, erasureId) {
      const sql = 'SELECT * FROM erasures WHERE erasure_id = ? AND tenant_id = ?';
      const row = database.get(sql, erasureId, tenantId);
      return row === undefined ? undefined : erasureFrom(row);
    },

    async unfinished() {
      return database
        .all('SELECT * FROM erasures WHERE finished_at IS NULL ORDER BY erasure_id')
        .map(erasureFrom);
    },

    async imagesOf({ tenantId, userId }, limit) {
      const sql = `SELECT ${IMAGE_COLUMNS} FROM images i
        WHERE tenant_id = ? AND user_id = ? AND status NOT IN ${GONE} LIMIT ?`;
      return database.all(sql, tenantId, userId, limit).map(imageFrom);
    },

    async doom(erasureId, images) {
      database.write(() => {
        for (const { imageId, sha256, objects, bytes } of images) {
          database.run(
            `INSERT INTO erased_images (erasure_id, image_id, sha256, objects, bytes) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT DO NOTHING`,
            erasureId,
            imageId,
            sha256 ?? null,
            objects,
            bytes,
          );
        }
      });
    },

    async doomed(erasureId) {
      return database
        .all('SELECT * FROM erased_images WHERE erasure_id = ? ORDER BY image_id', erasureId)
        .map(doomedFrom);
    },

    async erased({ tenantId }, erasureId, imageId) {
      database.write(() => {
        // What the queue knows them by begins with the image; '0' comes after '/'.
        database.run(
          'DELETE FROM messages WHERE dedupe_id > ? AND dedupe_id < ?',
          `${imageId}/`,
          `${imageId}0`,
        );
        database.run('DELETE FROM dead_letters WHERE image_id = ? AND tenant_id = ?', imageId, tenantId);
        database.run(
          'UPDATE erased_images SET erased_at = coalesce(erased_at, ?) WHERE erasure_id = ? AND image_id = ?',
          clock.now(),
          erasureId,
          imageId,
        );
      });
    },

    async scrub({ tenantId, userId }) {
      const invitations = database.run(
        `DELETE FROM invitations WHERE tenant_id = ? AND (invited_by = ? OR lower(email) =
           (SELECT lower(email) FROM members WHERE user_id = ? AND tenant_id = ?))`,
        tenantId,
        userId,
        userId,
        tenantId,
      );
      return { invitations };
    },

    async noteDestroyed(erasureId, counts) {
      database.write(() => {
        for (const [what, count] of Object.entries(counts)) {
          database.run(
            'INSERT INTO erased_elsewhere VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count',
            erasureId,
            what,
            count,
          );
        }
      });
    },

    async destroyed(erasureId) {
      const rows = database.all('SELECT what, count FROM erased_elsewhere WHERE erasure_id = ?', erasureId);
      return Object.fromEntries(rows.map((row) => [text(row, 'what'), integer(row, 'count')]));
    },

    async noteTexts(erasureId, texts) {
      database.write(() => {
        for (const one of texts) {
          database.run('INSERT INTO erasure_texts VALUES (?, ?) ON CONFLICT DO NOTHING', erasureId, one);
        }
      });
    },

    async texts(erasureId) {
      const rows = database.all('SELECT text FROM erasure_texts WHERE erasure_id = ?', erasureId);
      return rows.map((row) => text(row, 'text'));
    },

    async dropTexts(erasureId) {
      database.run('DELETE FROM erasure_texts WHERE erasure_id = ?', erasureId);
    },

    search: async (erasure, texts) => {
      const images = database
        .all('SELECT image_id FROM erased_images WHERE erasure_id = ?', erasure.erasureId)
        .map((row) => text(row, 'image_id'));
      return search(erasure, images, texts);
    },

    async emptyLog() {
      for (let waited = 0; waited < LOG_PATIENCE_MS; waited += 50) {
        if (database.checkpoint()) return true;
        await sleep(50);
      }
      return false;
    },

    async finish(erasureId, receipt, act) {
      database.write(() => {
        const finished = database.run(
          'UPDATE erasures SET finished_at = ?, fault = NULL, receipt = ? WHERE erasure_id = ? AND finished_at IS NULL',
          clock.now(),
          JSON.stringify(receipt),
          erasureId,
        );
        if (finished === 1) appendActs(database, [act], clock.now());
      });
    },

    async fail(erasureId, fault) {
      database.run('UPDATE erasures SET fault = ? WHERE erasure_id = ?', fault, erasureId);
    },
  };
}

/** A request that was let in before its sender was erased may still arrive for this long, milliseconds. */
const LATECOMERS_MS = 3_600_000;

/** True while a person is being erased and a little longer: nothing may be stored in the name of one. */
export function isBeingErased(database: Database, { tenantId, userId }: Who, now: number): boolean {
  const row = database.get(
    'SELECT 1 FROM erasures WHERE tenant_id = ? AND user_id = ? AND (finished_at IS NULL OR finished_at > ?) LIMIT 1',
    tenantId,
    userId,
    now - LATECOMERS_MS,
  );
  return row !== undefined;
}

function erasureFrom(row: Row): Erasure {
  const finishedAt = optionalInteger(row, 'finished_at');
  const fault = optionalText(row, 'fault');
  const receipt = optionalText(row, 'receipt');
  return {
    erasureId: text(row, 'erasure_id'),
    tenantId: text(row, 'tenant_id'),
    userId: text(row, 'user_id'),
    askedBy: text(row, 'asked_by'),
    askedAt: integer(row, 'asked_at'),
    ...(finishedAt !== undefined && { finishedAt }),
    ...(fault !== undefined && { fault }),
    ...(receipt !== undefined && { receipt: Receipt.parse(JSON.parse(receipt)) }),
  };
}

function doomedFrom(row: Row): DoomedImage {
  const sha256 = optionalText(row, 'sha256');
  const erasedAt = optionalInteger(row, 'erased_at');
  return {
    imageId: text(row, 'image_id'),
    objects: integer(row, 'objects'),
    bytes: integer(row, 'bytes'),
    ...(sha256 !== undefined && { sha256 }),
    ...(erasedAt !== undefined && { erasedAt }),
  };
}
