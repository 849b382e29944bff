import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Failure, toFailure } from '../../failures.ts';
import { readObjectNews } from './object-events.ts';
import type { createObjectTaking } from './take-object.ts';

/** The queue to which a store of objects writes. At least once, in no order. */
export interface NewsQueue {
  /** Up to 10, each held for `holdMs`; waits a few seconds for the first. @throws Failure `storage_unavailable` */
  receive(holdMs: number): Promise<NewsMessage[]>;
  /** Holds it for so long from now. */
  hold(message: NewsMessage, ms: number): Promise<void>;
  done(message: NewsMessage): void;
  /** Puts it where a person finds it, with the reason. */
  bury(message: NewsMessage, reason: { code: string; message: string }): Promise<void>;
  /** Sends what is still to be sent. */
  close(): Promise<void>;
}

export interface NewsMessage {
  readonly body: string;
  readonly receipt: string;
  readonly receives: number;
}

export interface BucketListenerDeps {
  readonly queue: NewsQueue;
  readonly take: ReturnType<typeof createObjectTaking>;
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
  /** objects that are fetched at a time; 8 by default */
  readonly atOnce?: number;
}

/** Why a message is not done: what may pass, or that nobody can read it. */
type Trouble = Failure | { readonly reason: string };

const HOLD_MS = 60_000;
const AT_ONCE = 8;
/** Receives of a message that fails again and again, while others do not. */
const MOST_RECEIVES = 10;
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 10 * 60_000;
const UNWELL_AFTER_MS = 30_000;

/** Ours to repair: no message is to blame. */
const OUR_TROUBLES: ReadonlySet<string> = new Set(['storage_unavailable', 'storage_full', 'overloaded']);

/** Makes images of what others put into buckets, for as long as it runs. */
export function listenToBuckets(deps: BucketListenerDeps) {
  const { queue, log, atOnce = AT_ONCE } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  const working = new Set<Promise<void>>();
  let heardAt = performance.now();
  let isFailing = false;
  const running = run();

  async function run(): Promise<void> {
    for (let faults = 0; !signal.aborted; ) {
      try {
        const messages = await queue.receive(HOLD_MS);
        heardAt = performance.now();
        isFailing = false;
        faults = 0;
        for (const message of messages) {
          const work = settle(message).finally(() => working.delete(work));
          working.add(work);
        }
        while (working.size >= atOnce) await Promise.race(working);
      } catch (err) {
        isFailing = true;
        log.error({ err }, 'the news of buckets cannot be received');
        faults += 1;
        await sleep(pauseAfter(faults), undefined, { signal }).catch(() => {});
      }
    }
    await Promise.all(working);
  }

  /** From its receipt to its end; never throws. What is not finished comes again. */
  async function settle(message: NewsMessage): Promise<void> {
    const holding = setInterval(() => {
      queue.hold(message, HOLD_MS).catch((err) => log.warn({ err }, 'news of a bucket could not be held'));
    }, HOLD_MS / 3);
    try {
      const trouble = signal.aborted ? undefined : await attempt(message);
      clearInterval(holding);
      if (trouble === 'none') queue.done(message);
      else await comeAgain(message, trouble);
    } catch (err) {
      log.error({ err }, 'news of a bucket comes again when its time is over');
    } finally {
      clearInterval(holding);
    }
  }

  async function attempt({ body }: NewsMessage): Promise<Trouble | 'none'> {
    const news = readObjectNews(body);
    if (news.kind === 'strange') return { reason: news.reason };
    if (news.kind === 'nothing') return 'none';
    for (const object of news.objects) {
      try {
        const outcome = await deps.take(object, signal);
        const about = { bucket: object.bucket, key: object.key };
        if (outcome.what === 'refused')
          log.info({ ...about, code: outcome.failure.code }, 'an object was refused');
        else if (outcome.what === 'passed over')
          log.debug({ ...about, why: outcome.why }, 'an object was passed over');
        else log.info({ ...about, image_id: outcome.imageId }, `an object was ${outcome.what}`);
      } catch (error) {
        return toFailure(error);
      }
    }
    return 'none';
  }

  /** @param trouble undefined where it was not begun */
  async function comeAgain(message: NewsMessage, trouble: Trouble | undefined): Promise<void> {
    if (signal.aborted || trouble === undefined) return queue.hold(message, 0);
    if (!(trouble instanceof Failure)) {
      log.error(trouble, 'a message that is no news of a bucket was put aside');
      return queue.bury(message, { code: 'invalid_request', message: trouble.reason });
    }
    const { code } = trouble;
    const about = { err: trouble, code, receives: message.receives };
    if (message.receives >= MOST_RECEIVES && !OUR_TROUBLES.has(code)) {
      log.error(about, 'news of a bucket that fails again and again was put aside');
      return queue.bury(message, { code, message: trouble.message });
    }
    log.warn(about, 'an object cannot be taken now');
    return queue.hold(message, pauseAfter(message.receives));
  }

  return {
    faults(): string[] {
      const silentMs = performance.now() - heardAt;
      if (!isFailing || silentMs < UNWELL_AFTER_MS) return [];
      return [`the news of buckets cannot be received for ${Math.round(silentMs / 1000)} s`];
    },
    /** Takes nothing more, and gives back what it has not finished. */
    async stop() {
      stopping.abort();
      await running;
      await queue.close();
    },
  };
}

/** Doubled each time, and up to a half less by chance. Milliseconds. */
function pauseAfter(tries: number): number {
  const most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1));
  return Math.round(most * (1 - Math.random() / 2));
}
