import { randomBytes } from 'node:crypto';
import type { Identity } from '../../../identity/identity.ts';
import type { Clock } from '../../../images/clock.ts';
import type { IdentityOptions, Platform } from '../../platform.ts';
import type { Database } from '../database.ts';
import type { Durability } from '../disk.ts';
import { createPostMail } from '../mail-outbox.ts';
import { type Accounts, openAccounts, type PasswordHashing } from './accounts.ts';
import { createAttemptStore } from './attempt-store.ts';
import { createFactors } from './factors.ts';
import { createIdentity } from './identity.ts';
import { createSeal } from './seal.ts';
import { createSessionStore } from './session-store.ts';
import type { Tickets } from './tickets.ts';

export interface OpenIdentityOptions
  extends IdentityOptions,
    Pick<Platform, 'members' | 'invitations' | 'secrets'> {
  readonly database: Database;
  readonly path: string;
  readonly durability: Durability;
  readonly clock: Clock;
  readonly tickets: Tickets;
  readonly passwords?: PasswordHashing;
}

/** Nothing of better-auth is loaded before the first person comes: a start is as fast as without it. */
export async function openIdentity(
  options: OpenIdentityOptions,
): Promise<{ identity: Identity; close(): Promise<void> }> {
  const { database, path, durability, clock, secrets, passwords } = options;
  const { value: sealKey } = await secrets.getOrCreate('identity-seal-key', newSecret);
  let opening: Promise<Accounts> | undefined;

  async function open(): Promise<Accounts> {
    const { value: secret } = await secrets.getOrCreate('identity-secret', newSecret);
    return openAccounts({ path, durability, clock, secret, ...(passwords && { passwords }) });
  }

  const identity = createIdentity({
    ...options,
    sessions: createSessionStore(database, clock),
    attempts: createAttemptStore(database, clock),
    factors: createFactors(database, clock, createSeal(Buffer.from(sealKey, 'base64url'))),
    post: createPostMail(database, clock),
    accounts: () => {
      opening ??= open().catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      return opening;
    },
  });
  return {
    identity,
    async close() {
      await opening?.then((accounts) => accounts.close()).catch(() => {});
    },
  };
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
