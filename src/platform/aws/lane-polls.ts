import { performance } from 'node:perf_hooks';
import type { Lane, ReceiveOptions } from '../../pipeline/queue.ts';
import { createLaneTurns } from './lane-turns.ts';

/** Receives from two lanes for all who ask in this process, with as few requests as will do. */
export interface LanePolls<Message> {
  receive(options: ReceiveOptions): Promise<Message[]>;
  /** Nobody gets anything from now on; what was received for nobody is given back. */
  close(): Promise<void>;
}

export interface LanePollOptions<Message> {
  /** Asks a lane once. */
  readonly look: (lane: Lane, terms: LookTerms) => Promise<Message[]>;
  readonly laneOf: (message: Message) => Lane;
  /** Takes back messages that nobody took in time. Never throws. */
  readonly giveBack: (messages: readonly Message[]) => Promise<void>;
  /** milliseconds; a look that waits is no longer than this, so that nobody stops for longer */
  readonly longestLookMs: number;
}

export interface LookTerms {
  readonly max: number;
  readonly waitMs: number;
  readonly leaseMs: number;
}

interface Asker<Message> {
  readonly max: number;
  readonly leaseMs: number;
  readonly until: number;
  readonly waits: boolean;
  hasLooked: boolean;
  answer(messages: Message[]): void;
  fail(error: unknown): void;
}

/** In one request, SQS's bound. */
const MOST_AT_ONCE = 10;
/** How long a message that came for somebody who has left waits for the next. */
const SPARE_MS = 1_000;

/**
 * A look without waiting goes to the interactive lane first. Only where that is empty is the background asked; and while
 * nothing is there at all, one look that waits is open in each lane, for all who ask together. What such a look brings
 * when its asker has been served already is the next one's.
 */
export function createLanePolls<Message>(options: LanePollOptions<Message>): LanePolls<Message> {
  const { look, laneOf, giveBack, longestLookMs } = options;
  const turns = createLaneTurns();
  const waiting = new Set<Lane>();
  const underWay = new Set<Promise<void>>();
  let askers: Asker<Message>[] = [];
  let spare: Message[] = [];
  let spareTimer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let isServing = false;
  let ring = () => {};

  const demand = () => Math.min(MOST_AT_ONCE, askers.reduce((sum, { max }) => sum + max, 0) - spare.length);
  const lease = () => askers[0]?.leaseMs ?? 0;

  function dismiss(asker: Asker<Message>): void {
    askers = askers.filter((one) => one !== asker);
  }

  /** The interactive ones first, to whoever has waited longest. */
  function handOut(): void {
    const lanes = turns.order();
    spare.sort((one, other) => lanes.indexOf(laneOf(one)) - lanes.indexOf(laneOf(other)));
    while (spare.length > 0) {
      const [asker] = askers;
      if (asker === undefined) break;
      const messages = spare.splice(0, asker.max);
      for (const message of messages) turns.handedOut(laneOf(message));
      dismiss(asker);
      asker.answer(messages);
    }
    if (spare.length > 0) keepSpare();
  }

  function keepSpare(): void {
    spareTimer ??= setTimeout(() => void returnSpare(), SPARE_MS);
  }

  async function returnSpare(): Promise<void> {
    clearTimeout(spareTimer);
    spareTimer = undefined;
    const messages = spare;
    spare = [];
    if (messages.length > 0) await giveBack(messages);
  }

  async function lookNow(): Promise<void> {
    const looking = [...askers];
    const mustLook = looking.some(({ hasLooked, waits }) => !hasLooked && !waits);
    for (const lane of turns.order()) {
      // The open look would have brought what is there.
      if (waiting.has(lane) && !mustLook) continue;
      for (let full = true; full && demand() > 0; ) {
        const asked = demand();
        const found = await look(lane, { max: asked, waitMs: 0, leaseMs: lease() });
        spare.push(...found);
        full = found.length === asked;
      }
    }
    for (const asker of looking) asker.hasLooked = true;
  }

  function openLooks(): void {
    const max = demand();
    const waitMs = Math.min(longestLookMs, Math.max(...askers.map(({ until }) => until - performance.now())));
    if (max <= 0 || waitMs < 1) return;
    for (const lane of turns.order()) {
      if (waiting.has(lane)) continue;
      waiting.add(lane);
      const looked = look(lane, { max, waitMs, leaseMs: lease() })
        .then((found) => {
          spare.push(...found);
          if (askers.length === 0 && spare.length > 0) keepSpare();
        })
        .catch(failAll)
        .finally(() => {
          waiting.delete(lane);
          underWay.delete(looked);
          ring();
        });
      underWay.add(looked);
    }
  }

  function failAll(error: unknown): void {
    const failing = askers;
    askers = [];
    for (const asker of failing) asker.fail(error);
  }

  function endOverdue(): void {
    const now = performance.now();
    for (const asker of askers.filter(({ hasLooked, until }) => hasLooked && until <= now)) {
      dismiss(asker);
      asker.answer([]);
    }
  }

  async function serve(): Promise<void> {
    if (isServing) return ring();
    isServing = true;
    try {
      while (askers.length > 0) {
        handOut();
        if (demand() > 0) await lookNow();
        handOut();
        endOverdue();
        if (askers.length === 0) break;
        const rung = new Promise<void>((resolve) => {
          ring = resolve;
        });
        openLooks();
        const next = Math.min(...askers.map(({ until }) => until)) - performance.now();
        const timer = setTimeout(ring, Math.max(1, next));
        await rung;
        clearTimeout(timer);
      }
    } catch (error) {
      failAll(error);
    } finally {
      isServing = false;
      ring = () => {};
      if (spare.length > 0) keepSpare();
      if (askers.length > 0) void serve();
    }
  }

  return {
    async receive({ max, waitMs, leaseMs, signal }) {
      if (isClosed || signal?.aborted) return [];
      return new Promise((resolve, reject) => {
        const settle = () => signal?.removeEventListener('abort', leave);
        const asker: Asker<Message> = {
          ...{ max, leaseMs, waits: waitMs > 0, hasLooked: false },
          until: performance.now() + waitMs,
          answer(messages) {
            settle();
            resolve(messages);
          },
          fail(error) {
            settle();
            reject(error);
          },
        };
        const leave = () => {
          if (!askers.includes(asker)) return;
          dismiss(asker);
          asker.answer([]);
          ring();
        };
        signal?.addEventListener('abort', leave, { once: true });
        askers.push(asker);
        void serve();
      });
    },

    async close() {
      isClosed = true;
      for (const asker of [...askers]) {
        dismiss(asker);
        asker.answer([]);
      }
      ring();
      await Promise.all(underWay);
      await returnSpare();
    },
  };
}
