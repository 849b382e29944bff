import type { ImageEvent } from '../images/events.ts';
import { type Alarm, createAlarm } from './alarm.ts';

/**
 * Tells those who wait in this process that something happened. No event is kept for anybody: who needs all of
 * them reads the event log when the bell rings. So a slow listener costs no memory, and nothing can fall between
 * the log and what is live.
 */
export interface LiveEvents {
  /** May tell of the same event twice: the relay hands on at least once. */
  publish(event: ImageEvent): void;
  /** `listener` must be quick; what it throws is its own affair. Call the answer to stop listening. */
  subscribe(tenantId: string, listener: (event: ImageEvent) => void): () => void;
  /** Rings at events of a tenant, or of one of its images. Hang it up before looking at what it announces. */
  bell(tenantId: string, imageId?: string): Bell;
  /** how many listen now */
  readonly listeners: number;
}

export interface Bell {
  readonly rung: Alarm['rung'];
  takeDown(): void;
}

export function createLiveEvents(): LiveEvents {
  const byTenant = new Map<string, Set<(event: ImageEvent) => void>>();

  const live: LiveEvents = {
    publish(event) {
      for (const listener of [...(byTenant.get(event.tenantId) ?? [])]) {
        try {
          listener(event);
        } catch {
          // One listener's fault must not keep the event from the others.
        }
      }
    },

    subscribe(tenantId, listener) {
      const entry = (event: ImageEvent) => listener(event);
      const listeners = byTenant.get(tenantId) ?? new Set();
      byTenant.set(tenantId, listeners.add(entry));
      return () => {
        if (listeners.delete(entry) && listeners.size === 0) byTenant.delete(tenantId);
      };
    },

    bell(tenantId, imageId) {
      const alarm = createAlarm();
      const takeDown = live.subscribe(tenantId, (event) => {
        if (imageId === undefined || event.imageId === imageId) alarm.ring();
      });
      return { rung: alarm.rung, takeDown };
    },

    get listeners() {
      return [...byTenant.values()].reduce((sum, { size }) => sum + size, 0);
    },
  };
  return live;
}
