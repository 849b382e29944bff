import type { Role } from './permissions.ts';

/**
 * How people prove who they are, whoever keeps their passwords: this machine, or a service such as Amazon Cognito.
 * What they may do is none of its business: see permissions.ts and members.ts.
 */
export interface Identity {
  /**
   * Asks for an account, which is made when the mail that this sends is answered. Whoever asks learns nothing about
   * the address: one that has an account already is sent a mail that says so.
   * @throws Failure `weak_password`, `sign_up_closed`
   */
  signUp(order: SignUp): Promise<void>;
  /** Makes the account that a mail was sent for. @throws Failure `token_invalid` */
  verifyEmail(token: string, client?: Client): Promise<void>;
  /**
   * @throws Failure `invalid_credentials` for a wrong password, an unknown address and one that is not verified;
   *   `too_many_attempts`, whether the address is known or not
   */
  signIn(credentials: Credentials, client: Client): Promise<SignedIn | SecondFactorAsked>;
  /** The second half of signing in. @throws Failure `token_invalid`, `code_wrong`, `too_many_attempts` */
  answerChallenge(answer: ChallengeAnswer, client: Client): Promise<SignedIn>;
  /**
   * New tokens for an old refresh token, which is used up. One that comes a second time ends its session: somebody
   * has a copy.
   * @throws Failure `refresh_token_invalid`
   */
  refresh(refreshToken: string, client: Client): Promise<SignedIn>;
  /** Ends one session, or all of the person. */
  signOut(session: SessionRef, scope: 'this' | 'everywhere'): Promise<void>;
  /** Sends a link by which a new password can be set, where the address has an account. */
  forgotPassword(email: string): Promise<void>;
  /** Sets a new password and ends all sessions. @throws Failure `token_invalid`, `weak_password` */
  resetPassword(token: string, password: string, client?: Client): Promise<void>;
  /**
   * Sets a new password and ends all other sessions.
   * @throws Failure `invalid_credentials`, `weak_password`, `too_many_attempts`
   */
  changePassword(session: SessionRef, change: PasswordChange): Promise<void>;

  /** undefined where there is no such account (any more). */
  person(userId: string): Promise<Person | undefined>;
  /** Those that are not over, the one used last first. */
  sessions(userId: string): Promise<Session[]>;
  /** @throws Failure `session_not_found` */
  endSession(session: SessionRef): Promise<void>;
  /** Whether access tokens of this session are still good. */
  isLive(session: SessionRef): Promise<boolean>;

  /** Begins to set up a second factor. @throws Failure `invalid_credentials`, `mfa_already_on`, `too_many_attempts` */
  enableMfa(userId: string, password: string): Promise<TotpSetup>;
  /**
   * Turns it on, by a first code; ends all other sessions.
   * @returns recovery codes, which are not shown again
   * @throws Failure `code_wrong`, `mfa_not_on` where nothing was begun, `mfa_already_on`, `too_many_attempts`
   */
  confirmMfa(session: SessionRef, code: string): Promise<readonly string[]>;
  /**
   * New recovery codes in place of all that are left.
   * @throws Failure `invalid_credentials`, `code_wrong`, `mfa_not_on`, `too_many_attempts`
   */
  renewRecoveryCodes(
    userId: string,
    proof: { readonly password: string; readonly code: string },
  ): Promise<readonly string[]>;
  /**
   * Turns it off; ends all other sessions.
   * @throws Failure `invalid_credentials`, `code_wrong`, `mfa_not_on`, `too_many_attempts`
   */
  disableMfa(session: SessionRef, proof: { readonly password: string; readonly code: string }): Promise<void>;

  /** Joins a tenant by an invitation, with a new account. @throws Failure `token_invalid`, `weak_password`, `already_registered` */
  acceptInvitation(order: Acceptance, client: Client): Promise<SignedIn>;
  /** A token by which the first owner gets an account, in place of any before it; undefined where there is an owner. */
  newOwnerToken(): Promise<string | undefined>;
  /** Makes the first owner. @throws Failure `token_invalid`, `weak_password`, `already_registered` */
  claimOwner(order: Claim, client: Client): Promise<SignedIn>;

  /** Forgets a person and all that could sign him in. */
  remove(userId: string): Promise<void>;
  /** Forgets what is too old to be of use; to be called now and then. */
  sweep(): Promise<void>;
}

/** `open`: everybody gets a tenant of their own; `invitation`: only into a tenant that asked; `closed`: nobody. */
export type SignUpMode = 'open' | 'invitation' | 'closed';

/** The address is matched without regard to case. */
export interface Credentials {
  readonly email: string;
  readonly password: string;
}

export interface SignUp extends Credentials {
  readonly name: string;
}

export interface Acceptance {
  readonly token: string;
  readonly name: string;
  readonly password: string;
}

export interface Claim extends SignUp {
  readonly token: string;
}

export interface PasswordChange {
  readonly current: string;
  readonly next: string;
}

/** Where a request comes from, for the person to recognise it in the list of sessions. */
export interface Client {
  /** IP address */
  readonly address?: string;
  readonly userAgent?: string;
  /** Told who it turned out to be, as soon as that is known: by a password or a token, also where more is asked for. */
  readonly recognised?: (person: { readonly tenantId: string; readonly userId: string }) => void;
}

export interface SessionRef {
  readonly userId: string;
  readonly sessionId: string;
}

export interface SignedIn extends SessionRef {
  readonly tenantId: string;
  readonly role: Role;
  readonly accessToken: string;
  /** seconds */
  readonly accessTokenLife: number;
  readonly refreshToken: string;
  /** milliseconds since 1970 */
  readonly refreshTokenExpiresAt: number;
}

/** The password was right; a code is asked for as well. */
export interface SecondFactorAsked {
  readonly challenge: string;
  /** milliseconds since 1970 */
  readonly expiresAt: number;
}

export interface ChallengeAnswer {
  readonly challenge: string;
  /** six digits of the authenticator, or a recovery code */
  readonly code: string;
}

export interface TotpSetup {
  /** base32 */
  readonly secret: string;
  /** `otpauth://totp/...`, for a QR code */
  readonly uri: string;
}

export interface Person {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly hasMfa: boolean;
  /** milliseconds since 1970 */
  readonly createdAt: number;
}

export interface Session {
  readonly sessionId: string;
  /** milliseconds since 1970, as all times here */
  readonly createdAt: number;
  readonly lastUsedAt: number;
  readonly expiresAt: number;
  readonly client: Client;
}
