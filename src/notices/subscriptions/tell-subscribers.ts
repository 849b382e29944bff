import type { Logger } from 'pino';
import type { EventLog } from '../../images/catalog.ts';
import type { Clock } from '../../images/clock.ts';
import { sleep } from '../alarm.ts';
import { addToDigest, type Digest, emptyDigest, mailsOf } from './digest.ts';
import type { Subscription, SubscriptionStore } from './subscription.ts';

export interface TellSubscribersDeps {
  readonly subscriptions: Pick<SubscriptionStore, 'due' | 'advance' | 'forgetUnconfirmed'>;
  readonly events: Pick<EventLog, 'since'>;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'error'>;
  /** called after mails were put into the outbox */
  readonly wakeMail: () => void;
  /** milliseconds between two looks for whose time has come */
  readonly lookEveryMs?: number;
}

export interface TellingSubscribers {
  /** Ends after the look that is under way. */
  stop(): Promise<void>;
}

/** milliseconds; a confirmation link is good as long */
export const CONFIRM_WITHIN_MS = 7 * 24 * 3_600_000;
/** milliseconds after which those who want a mail for each event are told the next ones */
export const EACH_EVERY_MS = 10_000;
const LOOK_EVERY_MS = 5_000;
/** milliseconds; an event that is younger may be followed by one that is older: written elsewhere, by another clock */
const SETTLED_MS = 5_000;
const PAGE = 1_000;
/** pages of one look at the events of a tenant; what comes after is told the next time */
const MOST_PAGES = 100;
const BATCH = 50;

/** When a confirmed subscription is told next. */
export function nextAt({ mode, intervalMs }: Pick<Subscription, 'mode' | 'intervalMs'>, now: number): number {
  return now + (mode === 'each' ? EACH_EVERY_MS : intervalMs);
}

/**
 * Tells subscribers by mail what happened since they were told last, from the event log. How far each was told moves on
 * together with the mails: an event is told once, and after a crash none is left out.
 */
export function startTellingSubscribers(deps: TellSubscribersDeps): TellingSubscribers {
  const { subscriptions, clock, log, lookEveryMs = LOOK_EVERY_MS } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await tellDue(deps, signal);
        await subscriptions.forgetUnconfirmed(clock.now() - CONFIRM_WITHIN_MS);
      } catch (error) {
        log.error({ err: error }, 'subscribers could not be told; it is tried again');
      }
      await sleep(lookEveryMs, signal);
    }
  }
}

/** Tells everybody whose time has come. */
export async function tellDue(deps: TellSubscribersDeps, signal?: AbortSignal): Promise<void> {
  const { subscriptions, clock } = deps;
  for (;;) {
    const due = await subscriptions.due(clock.now(), BATCH);
    for (const subscription of due) {
      if (signal?.aborted) return;
      await tellOne(deps, subscription);
    }
    if (due.length < BATCH) return;
  }
}

async function tellOne(deps: TellSubscribersDeps, subscription: Subscription): Promise<void> {
  const now = deps.clock.now();
  const { digest, toldUntil } = await readDigest(deps, subscription, now - SETTLED_MS);
  const mails = mailsOf(digest, subscription);
  const to = { ...(toldUntil !== undefined && { toldUntil }), nextAt: nextAt(subscription, now) };
  const isTold = await deps.subscriptions.advance(subscription, to, mails);
  if (isTold && mails.length > 0) deps.wakeMail();
}

async function readDigest(
  { events }: TellSubscribersDeps,
  subscription: Subscription,
  until: number,
): Promise<{ digest: Digest; toldUntil?: string }> {
  const digest = emptyDigest();
  let { toldUntil } = subscription;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const read = await events.since(subscription.tenantId, toldUntil, PAGE);
    const firstYoung = read.findIndex(({ at }) => at > until);
    const settled = firstYoung < 0 ? read : read.slice(0, firstYoung);
    addToDigest(digest, subscription, settled);
    toldUntil = settled.at(-1)?.id ?? toldUntil;
    if (settled.length < PAGE) break;
  }
  return { digest, ...(toldUntil !== undefined && { toldUntil }) };
}
