import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../config.ts';
import { smtpUrl } from '../config-kinds.ts';
import { Failure } from '../failures.ts';
import type { Mailer } from '../notices/mailer.ts';
import { createMailbox } from './embedded/mailbox.ts';
import { createSmtpMailer } from './smtp-mailer.ts';

type MailSettings = Pick<Settings, 'smtpUrl' | 'smtpUrlFile' | 'mailFrom' | 'dataDir'>;

/** The SMTP server of the settings, else the mailbox folder. @throws Failure `invalid_settings` */
export async function openMailer(settings: MailSettings): Promise<Mailer> {
  const { mailFrom: from, smtpUrlFile: path } = settings;
  const url = path === undefined ? settings.smtpUrl : await urlIn(path);
  return url === undefined ? createMailbox(mailboxFolder(settings), from) : createSmtpMailer({ url, from });
}

/** Where mails lie that no server takes. */
export function mailboxFolder({ dataDir }: Pick<Settings, 'dataDir'>): string {
  return join(dataDir, 'mailbox');
}

async function urlIn(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw wrongFile(`can be read (${error.code})`);
  });
  const url = smtpUrl.parse(text.trim(), '.');
  if (url === undefined) throw wrongFile(`holds ${smtpUrl.expects}`);
  return url;
}

function wrongFile(expected: string): Failure {
  return new Failure('invalid_settings', `DARKROOM_SMTP_URL_FILE: name a file that ${expected}.`);
}
