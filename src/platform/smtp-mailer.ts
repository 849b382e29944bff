import type { Transporter } from 'nodemailer';
import type { Mailer } from '../notices/mailer.ts';
import { messageFields } from './mail-message.ts';

/** milliseconds */
const TIMEOUT_MS = 20_000;

/**
 * Hands mails to an SMTP server.
 *
 * @param url `smtp://name:password@host:587`; `smtps:` begins with TLS. With a password, TLS is asked for in any case
 *   unless the server is on this machine.
 */
export function createSmtpMailer({ url, from }: { url: string; from: string }): Mailer {
  let transport: Promise<Transporter> | undefined;

  async function connect(): Promise<Transporter> {
    const { createTransport } = await import('nodemailer');
    return createTransport(smtpOptions(url));
  }

  return {
    async send(mail) {
      transport ??= connect();
      const { sendMail } = await transport.then((made) => ({ sendMail: made.sendMail.bind(made) }));
      await sendMail(messageFields(mail, from));
    },
    async close() {
      (await transport?.catch(() => undefined))?.close();
    },
  };
}

function smtpOptions(text: string) {
  const url = new URL(text);
  const isTls = url.protocol === 'smtps:';
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  const auth = url.username !== '' && {
    auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
  };
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (isTls ? 465 : 587),
    secure: isTls,
    requireTLS: !isTls && auth !== false && !isLocal,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    ...auth,
  };
}
