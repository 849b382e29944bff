import { Failure, isFailure } from '../../../failures.ts';
import type { Identity } from '../../../identity/identity.ts';
import { assertGoodPassword } from '../../../identity/password-policy.ts';
import type { Account } from './accounts.ts';
import { type Parts, plainEmail } from './parts.ts';
import type { OpenSession } from './sign-in.ts';

const HOUR = 3_600_000;
const VERIFY_LIFE_MS = 24 * HOUR;
const CLAIM_LIFE_MS = 24 * HOUR;
/** the tenant that there is from the beginning */
const FIRST_TENANT = 'main';

type SignUpCalls = Pick<
  Identity,
  'signUp' | 'verifyEmail' | 'acceptInvitation' | 'newOwnerToken' | 'claimOwner'
>;

/** The ways in which a person gets an account: by a mail, by an invitation, or as the first owner. */
export function createSignUp(parts: Parts, openSession: OpenSession): SignUpCalls {
  const { database, tickets, members, invitations, attempts, post, wakeMail, signUpMode } = parts;

  async function hasOwner(): Promise<boolean> {
    return (await members.list(FIRST_TENANT)).some(
      ({ role, status }) => role === 'owner' && status === 'active',
    );
  }

  /**
   * A new account, or the one with this address that a crash has kept from getting into any tenant.
   * @throws Failure `already_registered`
   */
  async function admit(person: { email: string; name: string; passwordHash: string }): Promise<Account> {
    const accounts = await parts.accounts();
    try {
      return await accounts.create(person);
    } catch (error) {
      const account = isFailure(error, 'already_registered') && (await accounts.find(person.email));
      if (!account || (await members.find(account.userId))) throw error;
      await accounts.setPassword(account.userId, person.passwordHash);
      return account;
    }
  }

  return {
    async signUp({ email: given, password, name }) {
      if (signUpMode !== 'open') throw closed();
      const email = plainEmail(given);
      await assertGoodPassword(password, { email, name });
      const accounts = await parts.accounts();
      const passwordHash = await accounts.hash(password);
      const account = await accounts.find(email);
      // Who has an account and no tenant, by a crash or because he was taken out of one, comes in again by his mail.
      const isKnown = (await members.find(account?.userId ?? 'nobody')) !== undefined;
      if (!attempts.allows('mail', email)) return;
      database.write(() => {
        if (isKnown) return post({ to: email, template: 'already_registered' });
        // The password waits in the ticket: whoever opens the mail confirms this one, and no other that was asked for.
        const ticketId = tickets.prepare({
          ...{ purpose: 'verify_email', subject: email, lifeMs: VERIFY_LIFE_MS },
          data: { name, passwordHash },
        });
        post({ to: email, template: 'verify_email', words: { name }, ticketId });
      });
      wakeMail();
    },

    async verifyEmail(token, client = {}) {
      const ticket = tickets.read('verify_email', token);
      if (ticket === undefined) throw invalidToken();
      const { subject: email, data } = ticket;
      const { name = '', passwordHash = '' } = data;
      // The address is unique: of two who come at once, one makes the account. The ticket goes last, for a crash.
      const account = await admit({ email, name, passwordHash }).catch((error: unknown) => {
        tickets.revoke('verify_email', email);
        throw isFailure(error, 'already_registered') ? invalidToken() : error;
      });
      if (tickets.take('verify_email', token) === undefined) throw invalidToken();
      const { tenantId } = await members.createTenant({ userId: account.userId, email });
      client.recognised?.({ tenantId, userId: account.userId });
      tickets.revoke('verify_email', email);
    },

    async acceptInvitation({ token, name, password }, client) {
      if (signUpMode === 'closed') throw closed();
      const { email } = await invitations.read(token);
      await assertGoodPassword(password, { email, name });
      const accounts = await parts.accounts();
      const { userId } = await admit({ email, name, passwordHash: await accounts.hash(password) });
      await invitations.accept(token, { userId });
      return openSession(userId, client);
    },

    async newOwnerToken() {
      if (await hasOwner()) return undefined;
      return database.write(() => {
        tickets.revoke('claim_owner', FIRST_TENANT);
        return tickets.mint(
          tickets.prepare({ purpose: 'claim_owner', subject: FIRST_TENANT, lifeMs: CLAIM_LIFE_MS }),
        );
      });
    },

    async claimOwner({ token, email: given, name, password }, client) {
      const email = plainEmail(given);
      if (tickets.read('claim_owner', token) === undefined || (await hasOwner())) throw invalidToken();
      await assertGoodPassword(password, { email, name });
      const accounts = await parts.accounts();
      const passwordHash = await accounts.hash(password);
      const existing = await accounts.find(email);
      if (existing && (await members.find(existing.userId))) throw alreadyRegistered();
      if (tickets.take('claim_owner', token) === undefined) throw invalidToken();
      const { userId } = await admit({ email, name, passwordHash });
      await members.join({ tenantId: FIRST_TENANT, userId, email, role: 'owner' });
      return openSession(userId, client);
    },
  };
}

/** The same for a token that was never made, is too old, or was used. */
export function invalidToken(): Failure {
  return new Failure('token_invalid', 'This link is not valid, or not any more. Ask for a new one.');
}

function alreadyRegistered(): Failure {
  return new Failure('already_registered', 'This address has an account already. Take another one.');
}

function closed(): Failure {
  return new Failure('sign_up_closed', 'Accounts are made by invitation only. Ask an owner for one.');
}
