import type { Identity } from '../../../identity/identity.ts';
import { assertGoodPassword } from '../../../identity/password-policy.ts';
import { notify, type Parts, plainEmail } from './parts.ts';
import { assertPassword, recognise } from './sign-in.ts';
import { invalidToken } from './sign-up.ts';

const RESET_LIFE_MS = 3_600_000;

type PasswordCalls = Pick<Identity, 'forgotPassword' | 'resetPassword' | 'changePassword'>;

export function createPasswords(parts: Parts): PasswordCalls {
  const { database, tickets, sessions, attempts, post, wakeMail } = parts;

  return {
    async forgotPassword(given) {
      const email = plainEmail(given);
      const account = await (await parts.accounts()).find(email);
      if (!attempts.allows('mail', email)) return;
      database.write(() => {
        // For nobody as well: a write takes time, and that must not tell who is known here.
        const subject = account?.userId ?? 'nobody';
        const ticketId = tickets.prepare({ purpose: 'reset_password', subject, lifeMs: RESET_LIFE_MS });
        if (account) post({ to: email, template: 'reset_password', ticketId });
      });
      wakeMail();
    },

    async resetPassword(token, password, client = {}) {
      const accounts = await parts.accounts();
      const userId = tickets.read('reset_password', token)?.subject;
      const account = userId === undefined ? undefined : await accounts.byId(userId);
      if (account === undefined) throw invalidToken();
      await recognise(parts, account.userId, client);
      await assertGoodPassword(password, account);
      const passwordHash = await accounts.hash(password);
      if (tickets.take('reset_password', token) === undefined) throw invalidToken();
      await accounts.setPassword(account.userId, passwordHash);
      tickets.revoke('reset_password', account.userId);
      tickets.revoke('challenge', account.userId);
      sessions.endAll(account.userId);
      attempts.forgive('password', account.email);
      notify(parts, account, 'password_changed');
    },

    async changePassword({ userId, sessionId }, { current, next }) {
      const account = await assertPassword(parts, userId, current);
      await assertGoodPassword(next, account);
      const accounts = await parts.accounts();
      await accounts.setPassword(userId, await accounts.hash(next));
      tickets.revoke('reset_password', userId);
      tickets.revoke('challenge', userId);
      sessions.endAll(userId, sessionId);
      notify(parts, account, 'password_changed');
    },
  };
}
