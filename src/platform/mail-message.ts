import { hostname } from 'node:os';
import type { Mail } from '../notices/mailer.ts';

/** The fields of a mail, as nodemailer names them. */
export function messageFields({ id, to, subject, text, html, at, unsubscribe }: Mail, from: string) {
  const domain = /@([^\s>]+)>?\s*$/.exec(from)?.[1] ?? hostname();
  return {
    from,
    // An object, so that nothing in an address is read as a list of addresses.
    to: { name: '', address: to },
    subject,
    text,
    html,
    date: new Date(at),
    messageId: `<${id}@${domain}>`,
    headers: {
      'auto-submitted': 'auto-generated',
      ...(unsubscribe !== undefined && {
        'list-unsubscribe': `<${unsubscribe}>`,
        'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
      }),
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** The mail as a message of RFC 5322. */
export async function asMessage(mail: Mail, from: string): Promise<Buffer> {
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  const { message } = await transport.sendMail(messageFields(mail, from));
  if (!Buffer.isBuffer(message)) throw new Error('the message was not gathered');
  return message;
}
