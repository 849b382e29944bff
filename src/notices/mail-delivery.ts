import type { Logger } from 'pino';
import type { Clock } from '../images/clock.ts';
import type { MailOutbox, PendingMail } from './mail-outbox.ts';
import { writeMail } from './mail-templates.ts';
import type { Mailer } from './mailer.ts';
import type { SubscriptionLinks } from './subscriptions/links.ts';

export interface MailDelivery {
  /** Called after something was put into the outbox. */
  wake(): void;
  /** Ends after the mail that is under way. */
  stop(): Promise<void>;
}

export interface MailDeliveryOptions {
  readonly outbox: MailOutbox;
  readonly mailer: Mailer;
  readonly clock: Clock;
  readonly publicUrl: () => string;
  /** for mails to subscribers */
  readonly links?: Pick<SubscriptionLinks, 'link'>;
  readonly log: Logger;
  /** milliseconds between two looks for mails that are due again */
  readonly lookEveryMs?: number;
}

const LOOK_EVERY_MS = 5_000;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 30 * 60_000;
/** with the waits between them about four hours */
const MOST_TRIES = 16;

/** Sends what is in the outbox, one after the other; nobody who asked for a mail waits for it. */
export function startMailDelivery(options: MailDeliveryOptions): MailDelivery {
  const { outbox, mailer, clock, publicUrl, links, log, lookEveryMs = LOOK_EVERY_MS } = options;
  let isStopping = false;
  let isAskedAgain = false;
  let running: Promise<void> | undefined;

  async function sendAll(): Promise<void> {
    for (;;) {
      isAskedAgain = false;
      const mail = isStopping ? undefined : await outbox.take();
      if (mail !== undefined) await sendOne(mail);
      else if (!isAskedAgain) return;
    }
  }

  async function sendOne(mail: PendingMail): Promise<void> {
    const { mailId, to, template, tries } = mail;
    try {
      const content = writeMail(mail, publicUrl(), links);
      await mailer.send({ id: mailId, to, at: clock.now(), ...content });
      await outbox.sent(mailId);
    } catch (error) {
      const isLast = tries >= MOST_TRIES;
      // Not the error itself: servers put addresses into their sentences.
      const about = { mail_id: mailId, template, tries, ...codesOf(error) };
      log[isLast ? 'error' : 'warn'](about, isLast ? 'a mail was given up' : 'a mail could not be sent yet');
      if (isLast) await outbox.drop(mailId);
      else await outbox.postpone(mailId, clock.now() + waitAfter(tries));
    }
  }

  function wake(): void {
    isAskedAgain = true;
    if (isStopping || running) return;
    running = sendAll()
      .catch((error: unknown) => log.error({ err: error }, 'the outbox of mails cannot be read'))
      .finally(() => {
        running = undefined;
        // Asked between its last look and now.
        if (isAskedAgain) wake();
      });
  }

  const timer = setInterval(wake, lookEveryMs);
  timer.unref();
  wake();
  return {
    wake,
    async stop() {
      isStopping = true;
      clearInterval(timer);
      await running;
      await mailer.close();
    },
  };
}

function waitAfter(tries: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1));
}

/** What went wrong in words that hold nothing of the mail: `ECONNREFUSED`, `EAUTH`, 550. */
function codesOf(error: unknown): Record<string, string | number> {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  return {
    cause: typeof code === 'string' ? code : 'unknown',
    ...(typeof responseCode === 'number' && { smtp_status: responseCode }),
  };
}
