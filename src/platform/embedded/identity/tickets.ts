import { createHash, randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import type { Clock } from '../../../images/clock.ts';
import { text } from '../columns.ts';
import type { Database, Row } from '../database.ts';

/** Permissions to do one thing once, for whoever has the token. All calls are synchronous, for use in transactions. */
export interface Tickets {
  /** Lays a ticket ready, without a token. */
  prepare(order: TicketOrder): string;
  /** A new token for a ticket, in place of any before it; undefined where the ticket is gone or too old. */
  mint(ticketId: string): string | undefined;
  /** What a token is good for, without using it. */
  read(purpose: TicketPurpose, token: string): Ticket | undefined;
  /** Uses a token up: of two who come at once, one gets the ticket. */
  take(purpose: TicketPurpose, token: string): Ticket | undefined;
  /** Takes back what is out for this subject. */
  revoke(purpose: TicketPurpose, subject: string): void;
  sweep(): void;
}

export type TicketPurpose = 'verify_email' | 'reset_password' | 'claim_owner' | 'challenge';

export interface TicketOrder {
  readonly purpose: TicketPurpose;
  /** whom it is about: a user id, an address, a tenant */
  readonly subject: string;
  readonly data?: Readonly<Record<string, string>>;
  /** milliseconds */
  readonly lifeMs: number;
}

export interface Ticket {
  readonly subject: string;
  readonly data: Readonly<Record<string, string>>;
}

/** 256 random bits need no slow hash. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

export function newToken(prefix: string): string {
  return `${prefix}_${randomBytes(32).toString('base64url')}`;
}

export function createTickets(database: Database, clock: Clock): Tickets {
  const live = 'token_hash = ? AND purpose = ? AND expires_at > ?';

  function read(purpose: TicketPurpose, token: string): Ticket | undefined {
    const row = database.get(
      `SELECT subject, data FROM tickets WHERE ${live}`,
      ...[hashToken(token), purpose, clock.now()],
    );
    return row && ticketFrom(row);
  }

  return {
    prepare({ purpose, subject, data = {}, lifeMs }) {
      const now = clock.now();
      const id = v7({ msecs: now });
      database.run(
        'INSERT INTO tickets (id, purpose, subject, data, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
        ...[id, purpose, subject, JSON.stringify(data), now, now + lifeMs],
      );
      return id;
    },
    mint(ticketId) {
      const token = newToken('drt');
      const changed = database.run(
        'UPDATE tickets SET token_hash = ? WHERE id = ? AND expires_at > ?',
        ...[hashToken(token), ticketId, clock.now()],
      );
      return changed === 1 ? token : undefined;
    },
    read,
    take(purpose, token) {
      const ticket = read(purpose, token);
      if (ticket === undefined) return undefined;
      const taken = database.run(`DELETE FROM tickets WHERE ${live}`, hashToken(token), purpose, clock.now());
      return taken === 1 ? ticket : undefined;
    },
    revoke(purpose, subject) {
      database.run('DELETE FROM tickets WHERE purpose = ? AND subject = ?', purpose, subject);
    },
    sweep() {
      database.run('DELETE FROM tickets WHERE expires_at <= ?', clock.now());
    },
  };
}

function ticketFrom(row: Row): Ticket {
  return {
    subject: text(row, 'subject'),
    data: JSON.parse(text(row, 'data')) as Record<string, string>,
  };
}
