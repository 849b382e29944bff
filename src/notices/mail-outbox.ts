/**
 * Mails that are still to be sent. They hold no tokens: where a mail carries a link, a ticket for it lies ready, and its
 * token is made when the mail is written, so that nothing which is stored opens anything.
 */
export interface MailOutbox {
  post(order: MailOrder): Promise<void>;
  /** The next mail that is due, with a new token where it wants one. */
  take(): Promise<PendingMail | undefined>;
  sent(mailId: string): Promise<void>;
  /** Tries again at that time, milliseconds since 1970. */
  postpone(mailId: string, until: number): Promise<void>;
  /** Gives it up. */
  drop(mailId: string): Promise<void>;
}

export const mailTemplates = [
  'verify_email',
  'already_registered',
  'reset_password',
  'password_changed',
  'mfa_on',
  'mfa_codes',
  'mfa_off',
  'session_stolen',
  'invitation',
  'confirm_subscription',
  'image_notice',
  'image_digest',
  'webhook_disabled',
] as const;
export type MailTemplate = (typeof mailTemplates)[number];

export interface MailOrder {
  readonly to: string;
  readonly template: MailTemplate;
  /** what the template says, in words: names, times; for an invitation also its token */
  readonly words?: Readonly<Record<string, string>>;
  /** the ticket whose token the mail carries */
  readonly ticketId?: string;
}

export interface PendingMail {
  readonly mailId: string;
  readonly to: string;
  readonly template: MailTemplate;
  readonly words: Readonly<Record<string, string>>;
  readonly token?: string;
  /** 1 the first time */
  readonly tries: number;
}
