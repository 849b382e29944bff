import type { MintAccessToken } from '../../../identity/access-tokens.ts';
import type { SignUpMode } from '../../../identity/identity.ts';
import type { Invitations } from '../../../identity/invitations.ts';
import type { Members } from '../../../identity/members.ts';
import type { Clock } from '../../../images/clock.ts';
import type { Database } from '../database.ts';
import type { PostMail } from '../mail-outbox.ts';
import type { Account, Accounts } from './accounts.ts';
import type { AttemptStore } from './attempt-store.ts';
import type { Factors } from './factors.ts';
import type { SessionStore } from './session-store.ts';
import type { Tickets } from './tickets.ts';

/** What the ways of proving who one is are made of. */
export interface Parts {
  readonly database: Database;
  readonly clock: Clock;
  /** opened when the first person comes */
  readonly accounts: () => Promise<Accounts>;
  readonly tickets: Tickets;
  readonly sessions: SessionStore;
  readonly attempts: AttemptStore;
  readonly factors: Factors;
  readonly members: Members;
  readonly invitations: Invitations;
  readonly mint: MintAccessToken;
  readonly post: PostMail;
  /** called after mails were put into the outbox */
  readonly wakeMail: () => void;
  readonly signUpMode: SignUpMode;
  /** the name that authenticator apps show */
  readonly serviceName: () => string;
}

/** As it is stored and compared. */
export function plainEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** Puts one mail into the outbox and has it sent. */
export function notify(
  { post, wakeMail }: Pick<Parts, 'post' | 'wakeMail'>,
  { email }: Pick<Account, 'email'>,
  template: Parameters<PostMail>[0]['template'],
): void {
  post({ to: email, template });
  wakeMail();
}
