import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { listMails, readMail } from '../../cli/mailbox.ts';
import { stepAt, totpCode } from '../../identity/totp.ts';
import type { House } from './house.ts';

export const PASSWORD = 'four words of my own';

export interface TokenSet {
  readonly status: string;
  readonly access_token: string;
  readonly refresh_token: string;
  readonly user_id: string;
  readonly tenant_id: string;
  readonly role: string;
}

/** What people do with the API, by what it promises to them. */
export function peopleOf(house: House) {
  const mailbox = join(house.folder, 'mailbox');
  let asked = 0;

  /** A call under /v1/auth; with a token, on behalf of its holder. */
  async function call(method: string, path: string, body?: unknown, token?: string): Promise<Response> {
    return house.app.request(`/v1/auth/${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  const post = (path: string, body: unknown, token?: string) => call('POST', path, body, token);

  /** The newest mail to an address, once there are so many; its token, where it carries one. */
  async function mailTo(address: string, count = 1) {
    for (let tries = 0; tries < 400; tries++) {
      const mails = (await listMails(mailbox)).filter(({ to }) => to === address);
      const [newest] = mails;
      if (newest && mails.length >= count) {
        const mail = await readMail(mailbox, newest.id);
        return { ...mail, token: /#token=([\w-]+)/.exec(mail.text)?.[1] ?? '' };
      }
      await sleep(10);
    }
    throw new Error(`mails to ${address} do not come`);
  }

  async function mailsTo(address: string): Promise<number> {
    return (await listMails(mailbox)).filter(({ to }) => to === address).length;
  }

  /** An address that nobody had before. */
  const newAddress = () => `person${++asked}@example.com`;

  /** Somebody with an account. */
  async function somebody(): Promise<string> {
    const email = newAddress();
    await post('sign-up', { email, password: PASSWORD, name: 'Ada' });
    await post('verify-email', { token: (await mailTo(email)).token });
    return email;
  }

  async function signIn(email: string, password = PASSWORD): Promise<TokenSet> {
    const answer = await post('sign-in', { email, password });
    if (answer.status !== 200) throw new Error(`sign-in answered ${await answer.text()}`);
    return (await answer.json()) as TokenSet;
  }

  /** Turns the second factor on; answers how to make codes, and the recovery codes. */
  async function withMfa(email: string) {
    const { access_token: token } = await signIn(email);
    const setup = (await (await post('mfa/enable', { password: PASSWORD }, token)).json()) as {
      secret: string;
    };
    const secret = fromBase32(setup.secret);
    const code = (steps = 0) => totpCode(secret, stepAt(house.clock.now()) + steps);
    const confirmed = await post('mfa/confirm', { code: code() }, token);
    const { recovery_codes: recoveryCodes } = (await confirmed.json()) as { recovery_codes: string[] };
    return { code, recoveryCodes, token };
  }

  async function challenge(email: string): Promise<string> {
    const answer = await post('sign-in', { email, password: PASSWORD });
    return ((await answer.json()) as { challenge: string }).challenge;
  }

  return { call, post, mailTo, mailsTo, newAddress, somebody, signIn, withMfa, challenge };
}

export type People = ReturnType<typeof peopleOf>;

function fromBase32(text: string): Uint8Array {
  const bits = [...text].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const bytes = bits.join('').match(/.{8}/g) ?? [];
  return Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 2));
}
