import type { Logger } from 'pino';
import type { EventLog } from '../images/catalog.ts';
import { createAlarm, sleep } from './alarm.ts';
import type { Bell, LiveEvents } from './live-events.ts';

export interface PolledBellOptions {
  readonly events: Pick<EventLog, 'latestId'>;
  readonly log: Pick<Logger, 'warn'>;
  /** milliseconds between two looks into the log of a tenant for which somebody listens; 1 s by default */
  readonly logEveryMs?: number;
  /** milliseconds after which whoever waits for one image is told to look at it; half a second by default */
  readonly imageEveryMs?: number;
}

const LOG_EVERY_MS = 1_000;
const IMAGE_EVERY_MS = 500;

/** The bells of a tenant, and the look-out that rings them. */
interface Watched {
  readonly ringing: Set<() => void>;
  readonly end: AbortController;
}

/**
 * Bells that ring at what happens in other processes too, whichever of them hands events on. Nothing is sent between
 * processes: while somebody listens, the log of his tenant is looked at. A bell says only that it may be worth looking.
 */
export function withPolledBells(live: LiveEvents, options: PolledBellOptions): LiveEvents {
  const { events, log, logEveryMs = LOG_EVERY_MS, imageEveryMs = IMAGE_EVERY_MS } = options;
  const watched = new Map<string, Watched>();

  async function watch(tenantId: string, { ringing, end }: Watched): Promise<void> {
    let latest: string | undefined;
    while (!end.signal.aborted) {
      try {
        const now = await events.latestId(tenantId);
        // At first too: what came between hanging up a bell and this look has rung nothing.
        if (now !== latest) for (const ring of [...ringing]) ring();
        latest = now;
      } catch (err) {
        log.warn({ err }, 'the log of events could not be looked at; it is tried again');
      }
      await sleep(logEveryMs, end.signal);
    }
  }

  function watchFor(tenantId: string, ring: () => void): () => void {
    const known = watched.get(tenantId);
    const entry = known ?? { ringing: new Set(), end: new AbortController() };
    entry.ringing.add(ring);
    if (!known) {
      watched.set(tenantId, entry);
      void watch(tenantId, entry);
    }
    return () => {
      entry.ringing.delete(ring);
      if (entry.ringing.size > 0 || watched.get(tenantId) !== entry) return;
      watched.delete(tenantId);
      entry.end.abort();
    };
  }

  return {
    publish: live.publish,
    subscribe: live.subscribe,

    bell(tenantId, imageId): Bell {
      if (imageId !== undefined) {
        const near = live.bell(tenantId, imageId);
        return {
          takeDown: near.takeDown,
          // One record costs less than the log.
          rung: async (ms, signal) =>
            (await near.rung(Math.min(ms, imageEveryMs), signal)) || (ms > imageEveryMs && !signal?.aborted),
        };
      }
      const alarm = createAlarm();
      const leave = watchFor(tenantId, alarm.ring);
      const stopHearing = live.subscribe(tenantId, () => alarm.ring());
      return {
        rung: alarm.rung,
        takeDown() {
          leave();
          stopHearing();
        },
      };
    },

    get listeners() {
      return live.listeners;
    },
  };
}
