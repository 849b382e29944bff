import type { Logger } from 'pino';
import type { EventLog } from '../images/catalog.ts';
import type { EventType, ImageEvent } from '../images/events.ts';
import { type Queue, runDedupeId } from '../pipeline/queue.ts';
import { createAlarm, sleep } from './alarm.ts';
import type { LiveEvents } from './live-events.ts';
import type { SinkLines } from './sink-lines.ts';

export interface RelayDeps {
  readonly events: Pick<EventLog, 'undelivered' | 'delivered'>;
  readonly queue: Pick<Queue, 'send'>;
  readonly live: Pick<LiveEvents, 'publish'>;
  /** places outside that are told of every event, each at its own pace; none where absent */
  readonly sinks?: SinksToTell;
  readonly log: Pick<Logger, 'error' | 'info'>;
  /** milliseconds; how long an event waits at most where nobody calls `wake`: another process wrote it */
  readonly pollMs?: number;
  /** milliseconds; first pause after a fault, doubled up to 64 times that */
  readonly backOffMs?: number;
}

export interface SinksToTell {
  readonly lines: Pick<SinkLines, 'add'>;
  /** of their lines */
  readonly names: readonly string[];
  /** Called after events were added. */
  readonly wake: () => void;
}

export interface Relay {
  /** There is an event to hand on. Cheap; call it after every commit. */
  wake(): void;
  /** Finishes the batch in hand. What is left in the outbox is handed on after the next start. */
  stop(): Promise<void>;
}

const BATCH = 100;
const MOST_DOUBLINGS = 6;

/** Events that ask for a run of the pipeline. */
const asksForRun: ReadonlySet<EventType> = new Set(['image.received', 'image.reprocess_asked']);

/**
 * Empties the outbox: hands each event on, oldest first, and only then marks it as delivered. A crash in between
 * hands it on again, which the queue and the listeners bear. A fault stops the line, so that the order holds.
 */
export function startRelay(deps: RelayDeps): Relay {
  const { log, pollMs = 1000, backOffMs = 250 } = deps;
  const alarm = createAlarm();
  const stopping = new AbortController();
  const running = run();

  return {
    wake: () => alarm.ring(),
    async stop() {
      stopping.abort();
      await running;
    },
  };

  async function run(): Promise<void> {
    let faults = 0;
    while (!stopping.signal.aborted) {
      try {
        const handedOn = await handOnBatch(deps);
        if (faults > 0) log.info({ faults }, 'events are handed on again');
        faults = 0;
        if (handedOn < BATCH) await alarm.rung(pollMs, stopping.signal);
      } catch (error) {
        log.error({ err: error, faults }, 'events could not be handed on; they are kept and tried again');
        await sleep(backOffMs * 2 ** Math.min(faults, MOST_DOUBLINGS), stopping.signal);
        faults += 1;
      }
    }
  }
}

/** @returns how many were handed on; those before a fault are marked as delivered all the same */
async function handOnBatch({ events, queue, live, sinks }: RelayDeps): Promise<number> {
  const handedOn: ImageEvent[] = [];
  const waiting = await events.undelivered(BATCH);
  // At once, as queues over a network take them in batches; what was queued behind a fault is queued once more later.
  const queued = await Promise.allSettled(waiting.map((event) => queueRun(queue, event)));
  try {
    for (const [index, event] of waiting.entries()) {
      const outcome = queued[index];
      if (outcome?.status === 'rejected') throw outcome.reason;
      live.publish(event);
      handedOn.push(event);
    }
  } finally {
    if (handedOn.length > 0) {
      // The lines first: what is marked is not read again.
      await sinks?.lines.add(sinks.names, handedOn);
      await events.delivered(handedOn.map(({ id }) => id));
      sinks?.wake();
    }
  }
  return handedOn.length;
}

async function queueRun(queue: RelayDeps['queue'], event: ImageEvent): Promise<void> {
  if (!asksForRun.has(event.type)) return;
  const { tenantId, imageId, generation = 1, lane = 'interactive' } = event;
  await queue.send(
    { v: 1, kind: 'run', tenant_id: tenantId, image_id: imageId, generation },
    { lane, dedupeId: runDedupeId(imageId, generation) },
  );
}
