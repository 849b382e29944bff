import { v7 } from 'uuid';
import type { Client, Session, SessionRef } from '../../../identity/identity.ts';
import type { Clock } from '../../../images/clock.ts';
import { integer, optionalText, text } from '../columns.ts';
import type { Database, Row } from '../database.ts';
import { hashToken, newToken } from './tickets.ts';

/** Sessions, and the refresh tokens by which they go on. All calls are synchronous. */
export interface SessionStore {
  begin(userId: string, client: Client): Granted;
  /** Continues a session; `stolen` where the token was used before, and the session is over. */
  refresh(refreshToken: string, client: Client): Granted | { readonly stolen: SessionRef } | undefined;
  list(userId: string): Session[];
  isLive(session: SessionRef): boolean;
  /** False where there is no such session of this person. */
  end(session: SessionRef): boolean;
  /** Ends all of a person, or all but one. */
  endAll(userId: string, except?: string): void;
  sweep(): void;
}

export interface Granted extends SessionRef {
  readonly refreshToken: string;
  /** milliseconds */
  readonly expiresAt: number;
}

const DAY = 24 * 3_600_000;
/** A session that is not continued for so long is over. */
export const IDLE_LIFE_MS = 14 * DAY;
/** So is one that is older than this. */
export const SESSION_LIFE_MS = 90 * DAY;

export function createSessionStore(database: Database, clock: Clock): SessionStore {
  function grant(session: SessionRef, sessionEnd: number): Granted {
    const refreshToken = newToken('drr');
    const expiresAt = Math.min(sessionEnd, clock.now() + IDLE_LIFE_MS);
    database.run(
      'INSERT INTO refresh_tokens (token_hash, session_id, expires_at) VALUES (?, ?, ?)',
      ...[hashToken(refreshToken), session.sessionId, expiresAt],
    );
    return { ...session, refreshToken, expiresAt };
  }

  function end({ userId, sessionId }: SessionRef): boolean {
    return database.run('DELETE FROM sessions WHERE id = ? AND user_id = ?', sessionId, userId) === 1;
  }

  return {
    begin(userId, { address, userAgent }) {
      const now = clock.now();
      const sessionId = v7({ msecs: now });
      const endsAt = now + SESSION_LIFE_MS;
      return database.write(() => {
        database.run(
          'INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at, address, user_agent) VALUES (?, ?, ?, ?, ?, ?, ?)',
          ...[sessionId, userId, now, now, endsAt, address ?? null, userAgent?.slice(0, 256) ?? null],
        );
        return grant({ userId, sessionId }, endsAt);
      });
    },

    refresh(refreshToken, { address, userAgent }) {
      const now = clock.now();
      const hash = hashToken(refreshToken);
      return database.write(() => {
        const row = database.get(
          `SELECT s.id, s.user_id, s.expires_at, t.used_at
             FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
            WHERE t.token_hash = ? AND t.expires_at > ? AND s.expires_at > ?`,
          ...[hash, now, now],
        );
        if (row === undefined) return undefined;
        const session = { userId: text(row, 'user_id'), sessionId: text(row, 'id') };
        if (row.used_at !== null) {
          end(session);
          return { stolen: session };
        }
        database.run('UPDATE refresh_tokens SET used_at = ? WHERE token_hash = ?', now, hash);
        database.run(
          'UPDATE sessions SET last_used_at = ?, address = coalesce(?, address), user_agent = coalesce(?, user_agent) WHERE id = ?',
          ...[now, address ?? null, userAgent?.slice(0, 256) ?? null, session.sessionId],
        );
        return grant(session, integer(row, 'expires_at'));
      });
    },

    list(userId) {
      const sql = `SELECT * FROM sessions WHERE user_id = ? AND expires_at > ? AND last_used_at > ? ORDER BY last_used_at DESC`;
      const now = clock.now();
      return database.all(sql, userId, now, now - IDLE_LIFE_MS).map(sessionFrom);
    },

    isLive({ userId, sessionId }) {
      const sql = 'SELECT 1 FROM sessions WHERE id = ? AND user_id = ? AND expires_at > ?';
      return database.get(sql, sessionId, userId, clock.now()) !== undefined;
    },

    end,

    endAll(userId, except = '') {
      database.run('DELETE FROM sessions WHERE user_id = ? AND id <> ?', userId, except);
    },

    sweep() {
      const now = clock.now();
      database.run('DELETE FROM sessions WHERE expires_at <= ?', now);
      database.run(
        'DELETE FROM sessions WHERE NOT EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.session_id = sessions.id AND t.expires_at > ?)',
        now,
      );
    },
  };
}

function sessionFrom(row: Row): Session {
  const [address, userAgent] = [optionalText(row, 'address'), optionalText(row, 'user_agent')];
  return {
    sessionId: text(row, 'id'),
    createdAt: integer(row, 'created_at'),
    lastUsedAt: integer(row, 'last_used_at'),
    expiresAt: Math.min(integer(row, 'expires_at'), integer(row, 'last_used_at') + IDLE_LIFE_MS),
    client: { ...(address !== undefined && { address }), ...(userAgent !== undefined && { userAgent }) },
  };
}
