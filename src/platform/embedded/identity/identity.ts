import { Failure } from '../../../failures.ts';
import type { Identity } from '../../../identity/identity.ts';
import type { Parts } from './parts.ts';
import { createPasswords } from './passwords.ts';
import { createSecondFactor } from './second-factor.ts';
import { createOpenSession, createSignIn } from './sign-in.ts';
import { createSignUp } from './sign-up.ts';

/** People on this machine: passwords in better-auth's tables, everything else in ours. */
export function createIdentity(parts: Parts): Identity {
  const { tickets, sessions, attempts, factors, database } = parts;
  const openSession = createOpenSession(parts);

  return {
    ...createSignUp(parts, openSession),
    ...createSignIn(parts, openSession),
    ...createPasswords(parts),
    ...createSecondFactor(parts),

    async signOut(session, scope) {
      if (scope === 'everywhere') sessions.endAll(session.userId);
      else sessions.end(session);
    },

    async person(userId) {
      const account = await (await parts.accounts()).byId(userId);
      if (account === undefined) return undefined;
      const { email, name, createdAt } = account;
      return { userId, email, name, createdAt, hasMfa: factors.isOn(userId) };
    },

    async sessions(userId) {
      return sessions.list(userId);
    },

    async endSession(session) {
      if (sessions.end(session)) return;
      throw new Failure(
        'session_not_found',
        'You have no session with this id. GET /v1/auth/sessions lists them.',
      );
    },

    async isLive(session) {
      return sessions.isLive(session);
    },

    async remove(userId) {
      const accounts = await parts.accounts();
      const email = (await accounts.byId(userId))?.email;
      database.write(() => {
        sessions.endAll(userId);
        factors.remove(userId);
        for (const purpose of ['reset_password', 'challenge'] as const) tickets.revoke(purpose, userId);
        if (email !== undefined) {
          tickets.revoke('verify_email', email);
          database.run('DELETE FROM mails WHERE recipient = ?', email);
          for (const kind of ['password', 'mail'] as const) attempts.forgive(kind, email);
        }
        attempts.forgive('factor', userId);
      });
      await accounts.remove(userId);
    },

    async sweep() {
      tickets.sweep();
      sessions.sweep();
      attempts.sweep();
    },
  };
}
