import { v7 } from 'uuid';
import type { Clock } from '../../images/clock.ts';
import {
  type MailOrder,
  type MailOutbox,
  mailTemplates,
  type PendingMail,
} from '../../notices/mail-outbox.ts';
import { integer, optionalText, text } from './columns.ts';
import type { Database, Row } from './database.ts';
import type { Tickets } from './identity/tickets.ts';

/** Puts a mail into the outbox, as part of whatever transaction is under way. */
export type PostMail = (order: MailOrder) => void;

export function createPostMail(database: Database, clock: Clock): PostMail {
  return ({ to, template, words = {}, ticketId }) => {
    const now = clock.now();
    database.run(
      'INSERT INTO mails (id, recipient, template, words, ticket_id, created_at, next_try_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[v7({ msecs: now }), to, template, JSON.stringify(words), ticketId ?? null, now, now],
    );
  };
}

/** milliseconds for which nobody else takes a mail that somebody has taken */
const LEASE_MS = 2 * 60_000;

export function createMailOutbox(database: Database, clock: Clock, tickets: Tickets): MailOutbox {
  const post = createPostMail(database, clock);
  const drop = (mailId: string) => void database.run('DELETE FROM mails WHERE id = ?', mailId);

  function takeNext(): PendingMail | undefined {
    for (;;) {
      const now = clock.now();
      const row = database.get(
        'SELECT * FROM mails WHERE next_try_at <= ? ORDER BY next_try_at, id LIMIT 1',
        now,
      );
      if (row === undefined) return undefined;
      const mailId = text(row, 'id');
      const ticketId = optionalText(row, 'ticket_id');
      const token = ticketId === undefined ? undefined : tickets.mint(ticketId);
      const isPointless = ticketId !== undefined && token === undefined;
      if (isPointless) {
        drop(mailId);
        continue;
      }
      database.run(
        'UPDATE mails SET tries = tries + 1, next_try_at = ? WHERE id = ?',
        now + LEASE_MS,
        mailId,
      );
      return mailFrom(row, token);
    }
  }

  return {
    async post(order) {
      post(order);
    },
    async take() {
      const isEmpty =
        database.get('SELECT 1 FROM mails WHERE next_try_at <= ? LIMIT 1', clock.now()) === undefined;
      return isEmpty ? undefined : database.write(takeNext);
    },
    async sent(mailId) {
      drop(mailId);
    },
    async postpone(mailId, until) {
      database.run('UPDATE mails SET next_try_at = ? WHERE id = ?', until, mailId);
    },
    async drop(mailId) {
      drop(mailId);
    },
  };
}

function mailFrom(row: Row, token: string | undefined): PendingMail {
  const template = mailTemplates.find((known) => known === row.template);
  if (template === undefined) throw new Error('a mail of a kind that this version does not know');
  return {
    mailId: text(row, 'id'),
    to: text(row, 'recipient'),
    template,
    words: JSON.parse(text(row, 'words')) as Record<string, string>,
    tries: integer(row, 'tries') + 1,
    ...(token !== undefined && { token }),
  };
}
