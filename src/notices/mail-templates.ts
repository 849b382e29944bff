import type { MailTemplate, PendingMail } from './mail-outbox.ts';
import type { LinkPurpose, SubscriptionLinks } from './subscriptions/links.ts';

/** What a mail says, without the frame. `{name}` is a word of the order; `page` is where its token is used. */
interface Template {
  readonly subject: string;
  readonly lines: readonly string[];
  /** path of the page behind the link; the token goes into the fragment, which no server and no log ever sees */
  readonly page?: string;
  /** in the place of a page: what the link to the subscription that the mail is about does */
  readonly purpose?: LinkPurpose;
  readonly button?: string;
  /** the word that holds a list, a line for each; after the lines */
  readonly list?: string;
  /** of a subscription, which each such mail can end */
  readonly isSubscribed?: true;
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
  mfa_codes: {
    subject: 'Your account has new recovery codes',
    lines: [
      'Hello,',
      'new recovery codes were made for your account; those from before are good for nothing any more.',
      NOT_YOU,
    ],
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
  confirm_subscription: {
    subject: 'Do you want to hear of images?',
    lines: [
      'Hello,',
      'somebody, perhaps you, has asked that this address be told what becomes of the images of a team. Follow the link within seven days if you want that. If not, do nothing: nothing more will be sent.',
    ],
    purpose: 'confirm',
    button: 'Confirm',
  },
  image_notice: {
    subject: 'An image is {how}',
    lines: ['Hello,', 'the image {image} is {how}.'],
    isSubscribed: true,
  },
  image_digest: {
    subject: 'Images: {ready} ready, {rejected} rejected, {failed} failed',
    lines: [
      'Hello,',
      'since you were told last, {ready} images became ready, {rejected} were rejected and {failed} failed. The first of those that did not become ready, if any:',
    ],
    list: 'images',
    isSubscribed: true,
  },
  webhook_disabled: {
    subject: 'A webhook is not told anything any more',
    lines: [
      'Hello,',
      'the webhook {webhook} ({description}) of your team {reason}, so nothing is sent there any more. Once it is well, make it active again: what waits for it goes out then, and what was given up can be replayed.',
    ],
  },
};

/** The mail, as plain text and as simple HTML. */
export function writeMail(
  { template, words, token }: Pick<PendingMail, 'template' | 'words' | 'token'>,
  publicUrl: string,
  links?: Pick<SubscriptionLinks, 'link'>,
): WrittenMail {
  const { subject, lines, page, purpose, button, list, isSubscribed } = templates[template];
  const carried = token ?? words.token;
  const of = { tenantId: words.tenant_id ?? '', subscriptionId: words.subscription_id ?? '' };
  const link = page && carried ? pageLink(publicUrl, page, carried) : purpose && links?.link(purpose, of);
  const unsubscribe = isSubscribed && links?.link('unsubscribe', of);
  const listed = (list === undefined ? '' : (words[list] ?? '')).split('\n').filter((line) => line !== '');
  const filled = [...lines.map((line) => fill(line, words)), ...listed.map(oneLine)];
  const end = unsubscribe ? [`To hear no more: ${unsubscribe}`] : [];
  return {
    subject: fill(subject, words),
    text: `${[...filled, ...(link ? [link] : []), ...end, `-- \nDarkroom, ${publicUrl}`].join('\n\n')}\n`,
    html: htmlOf(filled, actionsOf({ link, button, unsubscribe }), publicUrl),
    ...(unsubscribe && { unsubscribe }),
  };
}

export interface WrittenMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** for the headers: a POST there ends the subscription */
  readonly unsubscribe?: string;
}

interface Action {
  readonly link: string;
  readonly button: string;
}

function actionsOf(of: {
  link?: string | undefined;
  button?: string | undefined;
  unsubscribe?: string | undefined;
}) {
  const actions: Action[] = of.link ? [{ link: of.link, button: of.button ?? '' }] : [];
  return of.unsubscribe ? [...actions, { link: of.unsubscribe, button: 'Hear no more' }] : actions;
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

function htmlOf(lines: readonly string[], actions: readonly Action[], publicUrl: string): string {
  const paragraphs = lines.map((line) => `<p>${escaped(line)}</p>`);
  for (const { link, button } of actions) {
    paragraphs.push(`<p><a href="${escaped(link)}">${escaped(button)}</a></p>`);
  }
  paragraphs.push(`<p><small>Darkroom, ${escaped(publicUrl)}</small></p>`);
  return `<!doctype html>\n<html lang="en"><body>\n${paragraphs.join('\n')}\n</body></html>\n`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
