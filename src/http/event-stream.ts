import type { EventLog } from '../images/catalog.ts';
import type { ImageEvent } from '../images/events.ts';
import type { LiveEvents } from '../notices/live-events.ts';
import { eventView } from './image-view.ts';

export interface EventStreamDeps {
  readonly events: Pick<EventLog, 'since' | 'latestId'>;
  readonly live: Pick<LiveEvents, 'bell'>;
}

export interface EventStreamOptions {
  readonly tenantId: string;
  /**
   * the last event that the client has seen; without one, what comes from now on. One that is not kept is told by an
   * event `reset`, and all that is kept follows.
   */
  readonly lastEventId?: string;
  /** milliseconds between signs of life while nothing happens */
  readonly heartbeatMs: number;
  /** asked before anything is sent: whoever follows may have lost the right to it since */
  readonly mayGoOn?: () => Promise<boolean>;
  /** ends the stream */
  readonly signal: AbortSignal;
  readonly onEnd: () => void;
}

/** milliseconds until a client that was cut off comes back */
const RETRY_MS = 2000;
const PAGE = 100;

/**
 * The events of a tenant as server-sent events (HTML, 9.2). Every one of them is read from the event log, after the
 * last that was sent: what is live only says when to look. So none is sent twice and none is left out, and a client
 * that reads slowly is simply further behind; nothing piles up for it here.
 */
export async function eventStream(
  { events, live }: EventStreamDeps,
  { tenantId, lastEventId, heartbeatMs, mayGoOn, signal, onEnd }: EventStreamOptions,
): Promise<ReadableStream<Uint8Array>> {
  const encoder = new TextEncoder();
  const isLost = lastEventId !== undefined && !(await isKept(events, tenantId, lastEventId));
  let last = isLost ? undefined : (lastEventId ?? (await events.latestId(tenantId)));
  const bell = live.bell(tenantId);
  const end = () => {
    bell.takeDown();
    onEnd();
  };

  /** What is to be sent next; undefined at the end. */
  async function next(): Promise<string | undefined> {
    while (!signal.aborted) {
      if (mayGoOn && !(await mayGoOn())) return undefined;
      const page = await events.since(tenantId, last, PAGE);
      if (page.length > 0) {
        last = page.at(-1)?.id;
        return page.map(written).join('');
      }
      const hasRung = await bell.rung(heartbeatMs, signal);
      if (!hasRung && !signal.aborted) return ': still here\n\n';
    }
    return undefined;
  }

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const opening = `retry: ${RETRY_MS}\n\n`;
        controller.enqueue(encoder.encode(isLost ? opening + reset(lastEventId) : opening));
      },
      async pull(controller) {
        try {
          const text = await next();
          if (text !== undefined) return controller.enqueue(encoder.encode(text));
          end();
          controller.close();
        } catch (error) {
          end();
          controller.error(error);
        }
      },
      cancel: end,
    },
    // One piece ahead at most: the client's pace is ours.
    { highWaterMark: 1 },
  );
}

/** Whether all that came after this event is still in the log. Ids grow as text. */
async function isKept(
  events: EventStreamDeps['events'],
  tenantId: string,
  lastEventId: string,
): Promise<boolean> {
  const [[oldest], latest] = await Promise.all([
    events.since(tenantId, undefined, 1),
    events.latestId(tenantId),
  ]);
  if (oldest === undefined || latest === undefined) return false;
  return oldest.id <= lastEventId && lastEventId <= latest;
}

/** Without an id: until another event comes, who was cut off asks again after the same one, and is told again. */
function reset(lastEventId: string): string {
  const message =
    'The event that Last-Event-ID names is not kept, or never was. Events may be missing: read the images again. What follows is every event that is kept.';
  return `event: reset\ndata: ${JSON.stringify({ last_event_id: lastEventId, message })}\n\n`;
}

function written(event: ImageEvent): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(eventView(event))}\n\n`;
}
