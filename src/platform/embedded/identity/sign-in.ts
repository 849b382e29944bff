import { Failure } from '../../../failures.ts';
import { ACCESS_TOKEN_LIFE_MS } from '../../../identity/access-tokens.ts';
import type { Client, Identity, SignedIn } from '../../../identity/identity.ts';
import { limitedTogether } from '../../../limits/limited-together.ts';
import type { Account } from './accounts.ts';
import { notify, type Parts, plainEmail } from './parts.ts';
import type { Granted } from './session-store.ts';
import { invalidToken } from './sign-up.ts';

const CHALLENGE_LIFE_MS = 5 * 60_000;

type SignInCalls = Pick<Identity, 'signIn' | 'answerChallenge' | 'refresh'>;

/** Begins a session of somebody who has proved who he is. @throws Failure `forbidden` where he belongs nowhere */
export type OpenSession = (userId: string, client: Client) => Promise<SignedIn>;

export function createOpenSession(parts: Parts): OpenSession {
  return async (userId, client) => {
    await assertBelongs(parts, userId);
    return signedIn(parts, parts.sessions.begin(userId, client));
  };
}

export function createSignIn(parts: Parts, openSession: OpenSession): SignInCalls {
  const { database, clock, tickets, sessions, attempts, factors } = parts;

  return {
    async signIn({ email: given, password }, client) {
      const email = plainEmail(given);
      const address = client.address && limitedTogether(client.address);
      if (address) attempts.begin('address', address);
      attempts.begin('password', email);
      const accounts = await parts.accounts();
      const account = await accounts.find(email);
      if (!(await accounts.verify(account, password)) || account === undefined) throw wrongCredentials();
      attempts.forgive('password', email);
      if (address) attempts.takeBack('address', address);
      const { userId } = account;
      await recognise(parts, userId, client);
      if (!factors.isOn(userId)) return openSession(userId, client);
      const challenge = database.write(() =>
        tickets.mint(tickets.prepare({ purpose: 'challenge', subject: userId, lifeMs: CHALLENGE_LIFE_MS })),
      );
      return { challenge: challenge ?? '', expiresAt: clock.now() + CHALLENGE_LIFE_MS };
    },

    async answerChallenge({ challenge, code }, client) {
      const userId = tickets.read('challenge', challenge)?.subject;
      if (userId === undefined) throw invalidToken();
      await recognise(parts, userId, client);
      attempts.begin('factor', userId);
      if (!factors.accept(userId, code)) throw wrongCode();
      attempts.forgive('factor', userId);
      if (tickets.take('challenge', challenge) === undefined) throw invalidToken();
      return openSession(userId, client);
    },

    async refresh(refreshToken, client) {
      const granted = sessions.refresh(refreshToken, client);
      if (granted === undefined) throw endedSession();
      await recognise(parts, ('stolen' in granted ? granted.stolen : granted).userId, client);
      if ('stolen' in granted) {
        const account = await (await parts.accounts()).byId(granted.stolen.userId);
        if (account) notify(parts, account, 'session_stolen');
        throw endedSession();
      }
      return signedIn(parts, granted).catch((error: unknown) => {
        // The old token is used up and the new one is not given out: nobody could go on with this session.
        sessions.end(granted);
        throw error;
      });
    },
  };
}

/** Tells whose call it is, suspended or not. */
export async function recognise(
  { members }: Pick<Parts, 'members'>,
  userId: string,
  { recognised }: Client,
): Promise<void> {
  const member = recognised && (await members.find(userId));
  if (member) recognised({ tenantId: member.tenantId, userId });
}

/** Asks for the password again, before something that matters. @throws Failure `invalid_credentials`, `too_many_attempts` */
export async function assertPassword(
  { attempts, ...parts }: Parts,
  userId: string,
  password: string,
): Promise<Account> {
  const accounts = await parts.accounts();
  const account = await accounts.byId(userId);
  if (account === undefined) throw wrongCredentials();
  attempts.begin('password', account.email);
  if (!(await accounts.verify(account, password))) throw wrongCredentials();
  attempts.forgive('password', account.email);
  return account;
}

async function signedIn(
  parts: Parts,
  { userId, sessionId, refreshToken, expiresAt }: Granted,
): Promise<SignedIn> {
  const { tenantId, role } = await assertBelongs(parts, userId);
  return {
    userId,
    sessionId,
    tenantId,
    role,
    accessToken: await parts.mint({ userId, tenantId, role, sessionId }),
    accessTokenLife: ACCESS_TOKEN_LIFE_MS / 1000,
    refreshToken,
    refreshTokenExpiresAt: expiresAt,
  };
}

async function assertBelongs({ members }: Parts, userId: string) {
  const membership = await members.roleOf(userId);
  if (membership) return membership;
  throw new Failure(
    'forbidden',
    'This account belongs to no tenant at present. Ask an owner to let it in again.',
  );
}

/** The same for a wrong password, an address that nobody has, and one that was never confirmed. */
function wrongCredentials(): Failure {
  return new Failure(
    'invalid_credentials',
    'The address or the password is wrong, or the address is not confirmed.',
  );
}

export function wrongCode(): Failure {
  return new Failure('code_wrong', 'This code does not fit, or was used before. Wait for the next one.');
}

function endedSession(): Failure {
  return new Failure('refresh_token_invalid', 'This session is over. Sign in again.');
}
