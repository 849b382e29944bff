/** Takes a mail to where it is read. */
export interface Mailer {
  /** Answers when somebody else has taken it over. Rejects where it has to be tried again. */
  send(mail: Mail): Promise<void>;
  close(): Promise<void>;
}

export interface Mail {
  /** of the sending, for Message-ID: a mail that comes twice can be told by it */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** where one POST ends what this mail is part of (RFC 8058) */
  readonly unsubscribe?: string;
  /** milliseconds since 1970 */
  readonly at: number;
}
