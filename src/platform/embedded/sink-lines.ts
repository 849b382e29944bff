import { z } from 'zod';
import { EVENT_LANES, EVENT_TYPES, type ImageEvent } from '../../images/events.ts';
import { Status } from '../../images/image.ts';
import type { SinkLines } from '../../notices/sink-lines.ts';
import { integer, text } from './columns.ts';
import type { Database } from './database.ts';

const StoredEvent = z.object({
  id: z.string(),
  type: z.enum(EVENT_TYPES),
  tenantId: z.string(),
  imageId: z.string(),
  status: Status,
  generation: z.number().exactOptional(),
  errorCode: z.string().exactOptional(),
  lane: z.enum(EVENT_LANES).exactOptional(),
  at: z.number(),
}) satisfies z.ZodType<ImageEvent>;

export function createSinkLines(database: Database): SinkLines {
  /** What a power cut undoes of these writes it undoes of the marks in the event log too, which come later. */
  const write = (work: () => void) => database.unhurried(() => database.write(work));

  return {
    async add(sinks, events) {
      if (sinks.length === 0 || events.length === 0) return;
      write(() => {
        for (const event of events) {
          const stored = JSON.stringify(event);
          for (const sink of sinks) {
            database.run('INSERT OR IGNORE INTO sink_lines VALUES (?, ?, ?)', sink, event.id, stored);
          }
        }
      });
    },

    async waiting(sink, limit) {
      return database
        .all('SELECT event FROM sink_lines WHERE sink = ? ORDER BY event_id LIMIT ?', sink, limit)
        .map((row) => StoredEvent.parse(JSON.parse(text(row, 'event'))));
    },

    async done(sink, ids) {
      if (ids.length === 0) return;
      write(() => {
        for (const id of ids) {
          database.run('DELETE FROM sink_lines WHERE sink = ? AND event_id = ?', sink, id);
        }
      });
    },

    async depth(sink) {
      const counted = database.get('SELECT count(*) AS waiting FROM sink_lines WHERE sink = ?', sink);
      const waiting = counted === undefined ? 0 : integer(counted, 'waiting');
      const oldest = database.get(
        `SELECT event ->> '$.at' AS at FROM sink_lines WHERE sink = ? ORDER BY event_id LIMIT 1`,
        sink,
      );
      return { waiting, ...(oldest && { oldestAt: integer(oldest, 'at') }) };
    },
  };
}
