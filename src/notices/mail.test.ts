import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { SMTPServer } from 'smtp-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listMails, readMail } from '../cli/mailbox.ts';
import { createMailbox } from '../platform/embedded/mailbox.ts';
import { openEmbedded } from '../platform/embedded/platform.ts';
import { createSmtpMailer } from '../platform/smtp-mailer.ts';
import { startMailDelivery } from './mail-delivery.ts';
import { mailTemplates } from './mail-outbox.ts';
import { writeMail } from './mail-templates.ts';
import type { Mailer } from './mailer.ts';
import { readMessage } from './read-message.ts';

const FROM = 'Darkroom <darkroom@photos.example>';
const TO = 'ada@example.com';

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-mail-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** An outbox on a real database, and what delivers from it. */
async function delivering(mailer: Mailer) {
  const clock = { at: Date.now(), now: () => clock.at };
  const lines: string[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(line) });
  const platform = await openEmbedded({ dataDir: await scratch(), clock, role: 'tool' });
  const publicUrl = () => 'https://photos.example';
  // No look by itself: a call that goes unheard lets a test fail.
  const lookEveryMs = 3_600_000;
  const delivery = startMailDelivery({ outbox: platform.mails, mailer, clock, publicUrl, log, lookEveryMs });
  onTestFinished(async () => {
    await delivery.stop();
    await platform.close();
  });
  return { clock, delivery, outbox: platform.mails, logText: () => lines.join('') };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !isSo(); tries++) await sleep(10);
  if (!isSo()) throw new Error('it does not come to pass');
}

/** A real SMTP server that asks for a name and a password. */
async function startServer({ refuses = 0 } = {}) {
  const received: { from: string; to: string[]; message: string }[] = [];
  const server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username, password }, _, done) =>
      username === 'darkroom' && password === 'p@ss word'
        ? done(null, { user: username })
        : done(new Error('no')),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (refuses-- > 0) return done(Object.assign(new Error(`not now, ${TO}`), { responseCode: 451 }));
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          message: Buffer.concat(chunks).toString(),
        });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.server.address() as AddressInfo;
  return { received, url: (auth: string) => `smtp://${auth}@127.0.0.1:${port}` };
}

describe('mails', () => {
  it('go to an SMTP server, which hears who we are', async () => {
    const server = await startServer();
    const mailer = createSmtpMailer({ url: server.url('darkroom:p%40ss%20word'), from: FROM });
    const { outbox, delivery } = await delivering(mailer);
    await outbox.post({ to: TO, template: 'invitation', words: { role: 'editor', token: 't0ken' } });
    delivery.wake();
    await until(() => server.received.length > 0);
    const [mail] = server.received;
    expect(mail).toMatchObject({ from: 'darkroom@photos.example', to: [TO] });
    expect(readMessage(mail?.message ?? '')).toMatchObject({
      to: TO,
      subject: 'An invitation to Darkroom',
      text: expect.stringContaining('https://photos.example/accept-invitation#token=t0ken'),
    });
    expect(await outbox.take()).toBeUndefined();
  });

  it('that a server does not take are tried again, and the log tells neither to whom nor what', async () => {
    const server = await startServer({ refuses: 2 });
    const mailer = createSmtpMailer({ url: server.url('darkroom:p%40ss%20word'), from: FROM });
    const { outbox, delivery, clock, logText } = await delivering(mailer);
    await outbox.post({ to: TO, template: 'invitation', words: { role: 'editor', token: 't0ken' } });
    delivery.wake();
    for (const times of [1, 2]) {
      await until(() => logText().split('could not be sent').length > times);
      expect(server.received).toEqual([]);
      await sleep(20);
      clock.at += 60_000;
      delivery.wake();
    }
    await until(() => server.received.length === 1);
    expect(logText()).toContain('"smtp_status":451');
    for (const secret of [TO, 't0ken', 'p@ss word', 'p%40ss']) expect(logText()).not.toContain(secret);
  });

  it('are kept while the server refuses us, or is not there', async () => {
    const server = await startServer();
    for (const url of [server.url('darkroom:wrong'), 'smtp://127.0.0.1:1']) {
      const { outbox, delivery, clock, logText } = await delivering(createSmtpMailer({ url, from: FROM }));
      await outbox.post({ to: TO, template: 'mfa_on' });
      delivery.wake();
      await until(() => logText().includes('could not be sent'));
      expect(logText()).toMatch(/"cause":"(EAUTH|ECONNREFUSED|ESOCKET|ECONNECTION)"/);
      expect(logText()).not.toContain('wrong');
      await sleep(20);
      clock.at += 60_000;
      expect(await outbox.take()).toMatchObject({ to: TO, template: 'mfa_on', tries: 2 });
    }
  });

  it('are given up in the end', async () => {
    const broken: Mailer = { send: () => Promise.reject(new Error('never')), close: async () => {} };
    const { outbox, delivery, clock, logText } = await delivering(broken);
    await outbox.post({ to: TO, template: 'mfa_on' });
    for (let tries = 1; tries <= 16; tries++) {
      clock.at += 3_600_000;
      delivery.wake();
      await until(() => logText().split('\n').length > tries);
      await sleep(5);
    }
    expect(logText()).toContain('a mail was given up');
    clock.at += 3_600_000;
    expect(await outbox.take()).toBeUndefined();
  });

  it('lie in the mailbox for the owner of the data only, whole, as messages', async () => {
    const folder = join(await scratch(), 'mailbox');
    const mailbox = createMailbox(folder, FROM);
    const mail = { to: TO, subject: 'Grüße', text: 'Schön, dass Sie da sind. '.repeat(9), html: '<p>hm</p>' };
    await mailbox.send({ ...mail, id: 'a1', at: 0 });
    await mailbox.send({ ...mail, id: 'a2', at: 1000, subject: 'Later' });
    expect(await readdir(folder)).toEqual(['a1.eml', 'a2.eml']);
    expect((await stat(join(folder, 'a1.eml'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, 'a1.eml'), 'utf8')).toContain('Auto-Submitted: auto-generated');
    expect(await listMails(folder)).toMatchObject([
      { id: 'a2', subject: 'Later' },
      { id: 'a1', subject: 'Grüße' },
    ]);
    expect(await readMail(folder, 'a1')).toMatchObject({ to: TO, text: mail.text.trim() });
    await expect(readMail(folder, '../a1')).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each(mailTemplates)('%s is written as text and as HTML, with nothing left to fill in', (template) => {
    const words = { name: 'Ada', role: 'editor', token: 't' };
    const { subject, text, html } = writeMail({ template, words }, 'https://photos.example');
    expect(subject).not.toBe('');
    expect(text + html).not.toMatch(/[{}]|undefined/);
  });

  it('show names as names: as no link, no HTML, no line of their own', () => {
    const name = 'Win <b>$9</b> at\nhttps://evil.example/x now';
    const { text, html } = writeMail(
      { template: 'verify_email', words: { name }, token: 't' },
      'https://photos.example',
    );
    expect(text).not.toContain('https://evil');
    expect(text.split('\n')[0]).toMatch(/^Hello Win .* now,$/);
    expect(html).not.toContain('<b>');
  });
});
