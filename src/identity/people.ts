import type { Logger } from 'pino';
import type { Clock } from '../images/clock.ts';
import { type MailDelivery, startMailDelivery } from '../notices/mail-delivery.ts';
import type { MailOutbox } from '../notices/mail-outbox.ts';
import type { Mailer } from '../notices/mailer.ts';
import type { SubscriptionLinks } from '../notices/subscriptions/links.ts';
import { ACCESS_TOKEN_LIFE_MS, createMint, type MintAccessToken } from './access-tokens.ts';
import type { Identity, SignUpMode } from './identity.ts';
import type { SendInvitation } from './invite.ts';
import type { OidcSettings } from './oidc.ts';
import type { Principal } from './principal.ts';
import { createTokenReader } from './read-token.ts';
import { createTokenKeys, type TokenKeyStore, type TokenKeys } from './signing-keys.ts';
import { createVerifier } from './verifier.ts';

export interface PeopleOptions {
  readonly mails: MailOutbox;
  readonly tokenKeys: TokenKeyStore;
  readonly openIdentity: (options: {
    readonly signUpMode: SignUpMode;
    readonly mint: MintAccessToken;
    readonly wakeMail: () => void;
    readonly serviceName: () => string;
  }) => Promise<Identity>;
  readonly mailer: Mailer;
  /** for mails to subscribers */
  readonly links?: Pick<SubscriptionLinks, 'link'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly publicUrl: () => string;
  readonly signUpMode: SignUpMode;
  /** milliseconds for which a key signs access tokens */
  readonly tokenKeyLifeMs: number;
  readonly oidc?: OidcSettings;
}

/** All that has to do with people who sign in, ready to be used. */
export interface People {
  readonly identity: Identity;
  readonly readToken: (token: string) => Promise<Principal>;
  readonly tokenKeySet: TokenKeys['publicKeys'];
  readonly sendInvitation: SendInvitation;
  /** There are mails in the outbox. */
  wakeMail(): void;
  /** Begins to send mails; links in them begin with the public URL, which must be known by now. */
  start(): void;
  stop(): Promise<void>;
}

/** milliseconds between two looks for what is too old */
const SWEEP_EVERY_MS = 15 * 60_000;

/** Builds it; nothing happens by itself before `start`. */
export async function createPeople(options: PeopleOptions): Promise<People> {
  const { mails, clock, log, publicUrl: issuer, oidc } = options;
  const keys = createTokenKeys({
    store: options.tokenKeys,
    clock,
    lifeMs: options.tokenKeyLifeMs,
    tokenLifeMs: ACCESS_TOKEN_LIFE_MS,
  });
  const verify = createVerifier({ keys, clock, issuer, ...(oidc && { oidc }) });
  let delivery: MailDelivery | undefined;
  const wakeMail = () => delivery?.wake();
  const identity = await options.openIdentity({
    signUpMode: options.signUpMode,
    mint: createMint({ keys, clock, issuer }),
    wakeMail,
    serviceName: () => `Darkroom ${new URL(issuer()).host}`,
  });
  let sweeping: NodeJS.Timeout | undefined;

  return {
    identity,
    readToken: createTokenReader(verify, identity),
    tokenKeySet: () => keys.publicKeys(),
    wakeMail,
    async sendInvitation({ to, role, token }) {
      await mails.post({ to, template: 'invitation', words: { role, token } });
      wakeMail();
    },
    start() {
      delivery = startMailDelivery({ ...options, outbox: mails });
      sweeping = setInterval(sweep, SWEEP_EVERY_MS).unref();
    },
    async stop() {
      clearInterval(sweeping);
      await delivery?.stop();
    },
  };

  function sweep(): void {
    identity.sweep().catch((error: unknown) => log.error({ err: error }, 'old sessions stay until later'));
  }
}
