import { pickAction } from '../actions.ts';
import { defineCommand, UsageError } from '../command.ts';
import { plain } from '../text/format.ts';
import { formatTable } from '../text/table.ts';

export const mailCommand = defineCommand({
  name: 'mail',
  summary: 'show the mails that the service has written into its mailbox folder',
  usage: ['mail [list] [--json]', 'mail show [id] [--json]'],
  details: `Where DARKROOM_SMTP_URL is not set, mails are not sent: they lie in the folder mailbox of DARKROOM_DATA, as .eml files. Links
in them open accounts: delete the files when they have been used.`,
  operands: { least: 0, most: 2 },
  options: {},
  examples: [
    { command: 'darkroom mail', meaning: 'the newest first' },
    { command: 'darkroom mail show', meaning: 'the newest one' },
    { command: 'darkroom mail show 01a1fa02-8815-7711-a9f3-7eeeeaba554f', meaning: 'that one' },
  ],
  async run({ operands, terminal, settings: read }) {
    const { action, rest } = pickAction(operands, ['list', 'show']);
    const [id, more] = rest;
    const tooMuch = action === 'list' ? id : more;
    if (tooMuch !== undefined) throw new UsageError(`Too much: ${JSON.stringify(tooMuch)}.`);
    const { listMails, readMail } = await import('../mailbox.ts');
    const { mailboxFolder } = await import('../../platform/open-mailer.ts');
    const folder = mailboxFolder(read().settings);
    if (action === 'show') {
      const mail = await readMail(folder, id);
      terminal.document(mail);
      terminal.lines([
        `To: ${plain(mail.to)}`,
        `Date: ${plain(mail.date)}`,
        `Subject: ${plain(mail.subject)}`,
        '',
      ]);
      terminal.lines(mail.text.split('\n').map(plain));
      return 0;
    }
    const mails = await listMails(folder);
    terminal.document({ mails });
    const rows = mails.map(({ id, to, date, subject }) => [id, to, date, subject].map(plain));
    const columns = ['id', 'to', 'date', 'subject'].map((title) => ({ title }));
    terminal.lines(mails.length === 0 ? [`There are none in ${folder}.`] : formatTable(columns, rows));
    return 0;
  },
});
