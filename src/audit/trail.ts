import type { Logger } from 'pino';
import type { AuditLog } from './audit-log.ts';
import { type Act, SERVICE_TRAIL } from './entry.ts';

/** Where the house tells what somebody did. */
export interface Trail {
  /**
   * Durable when it answers. Never throws: an act that is done cannot be undone because the disk is full. What cannot
   * be written goes to the log, in full; look at the answer where the act can still be refused.
   */
  record(act: Act): Promise<'kept' | 'lost'>;
  /** Tells what was held back. */
  stop(): Promise<void>;
}

/** How long the same of the same stranger is counted instead of written again, milliseconds. */
const WINDOW_MS = 60_000;
/** Strangers that are told apart at a time; the rest are counted together. */
const MOST_STRANGERS = 1_000;

export interface TrailDeps {
  readonly audit: Pick<AuditLog, 'append'>;
  readonly log: Logger;
}

/**
 * Strangers without credentials must not be able to fill the disk: of the same that did not happen the first is written
 * at once, what follows within a minute as one entry with its number.
 */
export function createTrail({ audit, log }: TrailDeps): Trail {
  const strangers = new Map<string, { act: Act; repeated: number }>();
  let timer: NodeJS.Timeout | undefined;

  async function write(act: Act): Promise<'kept' | 'lost'> {
    try {
      await audit.append(act);
      return 'kept';
    } catch (error) {
      log.error({ err: error, act }, 'the trail could not be written');
      return 'lost';
    }
  }

  async function tellRepeated(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const counted = [...strangers.values()].filter(({ repeated }) => repeated > 0);
    strangers.clear();
    await Promise.all(
      counted.map(({ act, repeated }) => {
        const { request_id: _, ...rest } = act;
        return write({ ...rest, details: { ...act.details, repeated } });
      }),
    );
  }

  function isRepetition(act: Act): boolean {
    if (act.tenant_id !== SERVICE_TRAIL || act.actor.credential !== 'none') return false;
    if (act.outcome === 'allowed') return false;
    const { address: _, ...anybody } = act;
    const who = `${act.address} ${act.action} ${act.code}`;
    const isOneTooMany = !strangers.has(who) && strangers.size >= MOST_STRANGERS;
    const key = isOneTooMany ? `any ${act.action} ${act.code}` : who;
    const known = strangers.get(key);
    if (known) known.repeated += 1;
    else strangers.set(key, { act: isOneTooMany ? anybody : act, repeated: 0 });
    timer ??= setTimeout(tellRepeated, WINDOW_MS).unref();
    return known !== undefined;
  }

  return {
    record: async (act) => (isRepetition(act) ? 'kept' : write(act)),
    stop: tellRepeated,
  };
}
