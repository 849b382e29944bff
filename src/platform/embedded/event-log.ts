import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import type { EventLog } from '../../images/catalog.ts';
import { EVENT_LANES, EVENT_TYPES, type ImageEvent, type NewImageEvent } from '../../images/events.ts';
import { Status } from '../../images/image.ts';
import { firstEventId, nextEventId } from '../event-ids.ts';
import { integer, optionalInteger, optionalText, text } from './columns.ts';
import type { Database, Row } from './database.ts';

/** Rows deleted at a time: nobody waits long for a large clean-up. */
const BATCH = 2_000;
const EventType = z.enum(EVENT_TYPES);
const EventLane = z.enum(EVENT_LANES);
const COLUMNS = 'id, tenant_id, image_id, type, status, generation, error_code, lane, at';

export function createEventLog(database: Database): EventLog {
  return {
    async undelivered(limit) {
      return database
        .all(`SELECT ${COLUMNS} FROM events WHERE delivered = 0 ORDER BY id LIMIT ?`, limit)
        .map(eventFrom);
    },

    async delivered(ids) {
      if (ids.length === 0) return;
      const mark = () => {
        for (const id of ids)
          database.run('UPDATE events SET delivered = 1 WHERE id = ? AND delivered = 0', id);
      };
      database.unhurried(() => database.write(mark));
    },

    async since(tenantId, afterId, limit) {
      return database
        .all(
          `SELECT ${COLUMNS} FROM events WHERE tenant_id = ? AND id > ? ORDER BY id LIMIT ?`,
          tenantId,
          afterId ?? '',
          limit,
        )
        .map(eventFrom);
    },

    async latestId(tenantId) {
      const row = database.get('SELECT max(id) AS id FROM events WHERE tenant_id = ?', tenantId);
      return row === undefined ? undefined : optionalText(row, 'id');
    },

    async forget(before) {
      let forgotten = 0;
      for (;;) {
        const gone = database.run(
          `DELETE FROM events WHERE id IN
             (SELECT id FROM events WHERE id < ? AND delivered = 1 ORDER BY id LIMIT ${BATCH})`,
          firstEventId(before),
        );
        forgotten += gone;
        if (gone < BATCH) return forgotten;
        await nextTurn();
      }
    },
  };
}

/** Adds events, in order; to be called inside the transaction that makes them true. */
export function appendEvents(database: Database, events: readonly NewImageEvent[]): void {
  for (const event of events) {
    const newest = database.get('SELECT max(id) AS id FROM events');
    database.run(
      `INSERT INTO events (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      nextEventId(newest === undefined ? undefined : optionalText(newest, 'id'), event.at),
      event.tenantId,
      event.imageId,
      event.type,
      event.status,
      event.generation ?? null,
      event.errorCode ?? null,
      event.lane ?? null,
      event.at,
    );
  }
}

function eventFrom(row: Row): ImageEvent {
  const generation = optionalInteger(row, 'generation');
  const errorCode = optionalText(row, 'error_code');
  const lane = optionalText(row, 'lane');
  return {
    id: text(row, 'id'),
    tenantId: text(row, 'tenant_id'),
    imageId: text(row, 'image_id'),
    type: EventType.parse(text(row, 'type')),
    status: Status.parse(text(row, 'status')),
    at: integer(row, 'at'),
    ...(generation === undefined ? {} : { generation }),
    ...(errorCode === undefined ? {} : { errorCode }),
    ...(lane === undefined ? {} : { lane: EventLane.parse(lane) }),
  };
}
