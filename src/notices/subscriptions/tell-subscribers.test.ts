import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlledClock, createFakeClock } from '../../images/clock.contract.ts';
import type { NewImageEvent } from '../../images/events.ts';
import { anEvent, anImage } from '../../images/testing/images.ts';
import { openTestPlatform, type TestPlatform } from '../../platform/embedded/testing/data-folder.ts';
import { asMessage } from '../../platform/mail-message.ts';
import type { PendingMail } from '../mail-outbox.ts';
import { writeMail } from '../mail-templates.ts';
import { createSubscriptionLinks, type SubscriptionLinks } from './links.ts';
import { createSubscriptions, type Subscriptions, type SubscriptionWishes } from './manage.ts';
import { mailedEvents } from './subscription.ts';
import { CONFIRM_WITHIN_MS, EACH_EVERY_MS, tellDue } from './tell-subscribers.ts';

const HOUR = 3_600_000;
const URL_BASE = 'https://photos.example';
const links: SubscriptionLinks = createSubscriptionLinks({ secret: 'a secret', publicUrl: () => URL_BASE });

let clock: ControlledClock;
let platform: TestPlatform;
let subscriptions: Subscriptions;

beforeEach(async () => {
  clock = createFakeClock();
  platform = await openTestPlatform(clock, 'none');
  const store = platform.subscriptionStore;
  subscriptions = createSubscriptions({ ...platform, store, links, clock, wakeMail() {} });
});
afterEach(() => platform.close());

const tell = () =>
  tellDue({
    ...{ ...platform, subscriptions: platform.subscriptionStore, clock, wakeMail() {} },
    log: pino({ level: 'silent' }),
  });

const subscribe = (wishes: Partial<SubscriptionWishes> = {}, isConfirmed = true) =>
  subscriptions.make(
    't1',
    { address: 'ada@example.com', eventTypes: mailedEvents, mode: 'digest', intervalMs: HOUR, ...wishes },
    isConfirmed,
  );

/** Lets so many images come to such an end; answers their ids. */
async function happen(
  count: number,
  type: NewImageEvent['type'] = 'image.ready',
  tenant = 't1',
): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < count; number += 1) {
    const image = anImage(clock.now(), { tenant_id: tenant });
    const ended = { ...anEvent(image, clock.now(), type), status: type.slice(6) } as NewImageEvent;
    await platform.catalog.create(image, { events: [anEvent(image, clock.now()), ended] });
    ids.push(image.record.image_id);
  }
  return ids;
}

async function mails(): Promise<PendingMail[]> {
  const taken: PendingMail[] = [];
  for (;;) {
    const mail = await platform.mails.take();
    if (!mail) return taken;
    taken.push(mail);
    await platform.mails.sent(mail.mailId);
  }
}

const pass = async (ms: number) => {
  await clock.advance(ms);
  await tell();
};

describe('a digest', () => {
  it('tells of ten thousand images in one mail of one page', async () => {
    await subscribe();
    await happen(9_000);
    const failed = await happen(900, 'image.failed');
    await happen(100, 'image.rejected');
    await happen(50, 'image.ready', 't2');
    await pass(HOUR);
    const [mail, ...more] = await mails();
    expect(more).toEqual([]);
    expect(mail).toMatchObject({
      to: 'ada@example.com',
      words: { ready: '9000', failed: '900', rejected: '100' },
    });
    const { subject, text, html } = writeMail(mail as PendingMail, URL_BASE, links);
    expect(subject).toBe('Images: 9000 ready, 100 rejected, 900 failed');
    for (const id of failed.slice(0, 20)) expect(text).toContain(`${id} failed`);
    expect(text).not.toContain(failed[20]);
    expect(Math.max(text.length, html.length)).toBeLessThan(6_000);
    await pass(HOUR);
    expect(await mails()).toEqual([]);
  });

  it('comes at its time, and not without anything to tell', async () => {
    await subscribe();
    await pass(HOUR);
    expect(await mails()).toEqual([]);
    await happen(1);
    await pass(HOUR - 1);
    expect(await mails()).toEqual([]);
    await pass(1);
    expect(await mails()).toMatchObject([{ words: { ready: '1' } }]);
  });

  it('leaves what is so young that something older may follow it for the next one', async () => {
    await subscribe();
    await clock.advance(HOUR - 1);
    await happen(3);
    await pass(1);
    expect(await mails()).toEqual([]);
    await pass(HOUR);
    expect(await mails()).toMatchObject([{ words: { ready: '3' } }]);
  });

  it('tells what was asked for, and nothing from before', async () => {
    await happen(5);
    await subscribe({ eventTypes: ['image.failed'] });
    await happen(2);
    await happen(1, 'image.failed');
    await happen(1, 'image.erased');
    await pass(HOUR);
    expect(await mails()).toMatchObject([{ words: { ready: '0', failed: '1', rejected: '0' } }]);
  });

  it('of two processes that look at once is one', async () => {
    await subscribe();
    await happen(3);
    await clock.advance(HOUR);
    await Promise.all([tell(), tell()]);
    expect(await mails()).toHaveLength(1);
  });
});

describe('a mail for each', () => {
  it('is a mail for each, while they are few', async () => {
    await subscribe({ mode: 'each' });
    const [ready] = await happen(1);
    const [rejected] = await happen(1, 'image.rejected');
    await pass(EACH_EVERY_MS);
    // Posted in the same millisecond: nothing says which of them goes first.
    const told = (await mails()).map(({ template, words: { how, image } }) => `${template}: ${image} ${how}`);
    expect(told.sort()).toEqual(
      [`image_notice: ${ready} ready`, `image_notice: ${rejected} rejected`].sort(),
    );
  });

  it('is one for all where they are many', async () => {
    await subscribe({ mode: 'each' });
    await happen(11);
    await pass(EACH_EVERY_MS);
    expect(await mails()).toMatchObject([{ template: 'image_digest', words: { ready: '11' } }]);
  });
});

describe('an address', () => {
  const tokenIn = (text: string, purpose: string) =>
    new RegExp(`/v1/subscriptions/${purpose}\\?token=(\\S+)`).exec(text)?.[1] ?? '';

  it('gets nothing but a link until it is confirmed', async () => {
    await subscribe({}, false);
    const [asked] = await mails();
    await happen(3);
    await pass(HOUR);
    expect(await mails()).toEqual([]);
    const { text, ...content } = writeMail(asked as PendingMail, URL_BASE, links);
    expect(content).not.toHaveProperty('unsubscribe');
    await subscriptions.confirm(tokenIn(text, 'confirm'));
    await subscriptions.confirm(tokenIn(text, 'confirm'));
    await happen(2);
    await pass(HOUR);
    expect(await mails()).toMatchObject([{ words: { ready: '2' } }]);
  });

  it('is confirmed within a week', async () => {
    const late = await subscribe({}, false);
    const token = links.link('confirm', late).split('=')[1] ?? '';
    await clock.advance(CONFIRM_WITHIN_MS + 1);
    await expect(subscriptions.confirm(token)).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it('hears no more by the link in every mail, and by its headers', async () => {
    await subscribe();
    await happen(1);
    await pass(HOUR);
    const [mail] = await mails();
    const content = writeMail(mail as PendingMail, URL_BASE, links);
    const message = await asMessage(
      { id: 'm', to: 'ada@example.com', at: clock.now(), ...content },
      'a@b.example',
    );
    const headers = message.toString().split('\n\n')[0]?.replace(/\n\s+/g, '') ?? '';
    expect(headers).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click');
    expect(headers.replaceAll(' ', '')).toContain(`List-Unsubscribe:<${content.unsubscribe}>`);
    const token = tokenIn(content.text, 'unsubscribe');
    await subscriptions.unsubscribe(token);
    await subscriptions.unsubscribe(token);
    expect(await subscriptions.list('t1')).toEqual([]);
    await happen(1);
    await pass(HOUR);
    expect(await mails()).toEqual([]);
  });

  it.each([
    ['nothing', () => ''],
    ['nonsense', () => 'a.b'],
    ['a signature of nothing', () => '.'],
    ['a link of another purpose', (link: string) => link.replace('confirm', 'unsubscribe')],
    ['another subscription', (link: string) => `x${link}`],
    ['another signature', (link: string) => `${link.slice(0, -2)}xx`],
  ])('is not confirmed by %s', async (name, change) => {
    const subscription = await subscribe({}, false);
    const purpose = name.includes('purpose') ? 'unsubscribe' : 'confirm';
    const token = change(links.link(purpose, subscription).split('token=')[1] ?? '');
    await expect(subscriptions.confirm(token)).rejects.toMatchObject({ code: 'token_invalid' });
    expect(await subscriptions.list('t1')).toMatchObject([{ subscriptionId: subscription.subscriptionId }]);
    expect((await subscriptions.list('t1'))[0]?.confirmedAt).toBeUndefined();
  });
});
