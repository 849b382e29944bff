import type { MailTemplate, PendingMail } from './mail-outbox.ts';

/** What a mail says, without the frame. `{name}` is a word of the order; `page` is where its token is used. */
interface Template {
  readonly subject: string;
  readonly lines: readonly string[];
  /** path of the page behind the link; the token goes into the fragment, which no server and no log ever sees */
  readonly page?: string;
  readonly button?: string;
}

const NOT_YOU = 'If this was not you: sign in, change your password, and look at the list of your sessions.';

const templates: Readonly<Record<MailTemplate, Template>> = {
  verify_email: {
    subject: 'Confirm your address',
    lines: [
      'Hello {name},',
      'somebody, probably you, has asked for an account at Darkroom with this address. Follow the link within 24 hours to make it. If it was not you, do nothing: without the link there is no account.',
    ],
    page: 'verify',
    button: 'Confirm',
  },
  already_registered: {
    subject: 'You have an account already',
    lines: [
      'Hello,',
      'somebody, probably you, has asked for an account at Darkroom with this address, which has one already. Sign in with it; if you have forgotten the password, have it reset. If it was not you, do nothing: nothing has changed.',
    ],
  },
  reset_password: {
    subject: 'Set a new password',
    lines: [
      'Hello,',
      'somebody, probably you, has asked for a new password for your account. Follow the link within an hour to set it. If it was not you, do nothing: your password stays as it is.',
    ],
    page: 'reset',
    button: 'Set a new password',
  },
  password_changed: {
    subject: 'Your password was changed',
    lines: ['Hello,', 'the password of your account was changed, and other sessions were ended.', NOT_YOU],
  },
  mfa_on: {
    subject: 'Your account asks for a second factor now',
    lines: ['Hello,', 'from now on signing in takes a code of your authenticator, too.', NOT_YOU],
  },
  mfa_off: {
    subject: 'Your account asks for no second factor any more',
    lines: ['Hello,', 'from now on signing in takes nothing but the password.', NOT_YOU],
  },
  session_stolen: {
    subject: 'A session was ended',
    lines: [
      'Hello,',
      'a session of your account was continued twice with the same token. That happens when somebody has a copy of it, so the session was ended. Sign in again; if this happens more than once, change your password.',
    ],
  },
  invitation: {
    subject: 'An invitation to Darkroom',
    lines: [
      'Hello,',
      'you are invited to work with the images of a team as {role}. Follow the link to accept.',
    ],
    page: 'accept-invitation',
    button: 'Accept',
  },
};

/** The mail, as plain text and as simple HTML. */
export function writeMail(
  { template, words, token }: Pick<PendingMail, 'template' | 'words' | 'token'>,
  publicUrl: string,
): { subject: string; text: string; html: string } {
  const { subject, lines, page, button } = templates[template];
  const carried = token ?? words.token;
  const link = page && carried && pageLink(publicUrl, page, carried);
  const filled = lines.map((line) => fill(line, words));
  return {
    subject,
    text: `${[...filled, ...(link ? [link] : []), `-- \nDarkroom, ${publicUrl}`].join('\n\n')}\n`,
    html: htmlOf(filled, link ? { link, button: button ?? '' } : undefined, publicUrl),
  };
}

/** The address of a page of the web app that does something with a token. */
export function pageLink(publicUrl: string, page: string, token: string): string {
  return `${publicUrl}/${page}#token=${token}`;
}

function fill(line: string, words: Readonly<Record<string, string>>): string {
  return line.replace(/\{(\w+)\}/g, (_, name: string) => oneLine(words[name] ?? ''));
}

/** What people call themselves is shown, but as no link and no second paragraph of ours. */
function oneLine(text: string): string {
  return text
    .replace(/[\p{C}\s]+/gu, ' ')
    .replace(/[:/.@]+(?=\S)/g, ' ')
    .trim()
    .slice(0, 80);
}

function htmlOf(
  lines: readonly string[],
  action: { link: string; button: string } | undefined,
  publicUrl: string,
): string {
  const paragraphs = lines.map((line) => `<p>${escaped(line)}</p>`);
  if (action) paragraphs.push(`<p><a href="${escaped(action.link)}">${escaped(action.button)}</a></p>`);
  paragraphs.push(`<p><small>Darkroom, ${escaped(publicUrl)}</small></p>`);
  return `<!doctype html>\n<html lang="en"><body>\n${paragraphs.join('\n')}\n</body></html>\n`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
