import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mailer } from '../../notices/mailer.ts';
import { asMessage } from '../mail-message.ts';
import { onDisk } from './disk.ts';

/** Puts mails into a folder, one file each, for whoever has no mail server: `darkroom mail` shows them. */
export function createMailbox(folder: string, from: string): Mailer {
  return {
    async send(mail) {
      const bytes = await asMessage(mail, from);
      await onDisk(mkdir(folder, { recursive: true, mode: 0o700 }));
      const path = join(folder, `${mail.id}.eml`);
      const file = await onDisk(open(`${path}.new`, 'w', 0o600));
      try {
        await onDisk(file.writeFile(bytes));
        await onDisk(file.sync());
      } finally {
        await file.close();
      }
      await onDisk(rename(`${path}.new`, path));
    },
    async close() {},
  };
}
