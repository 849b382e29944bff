import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlledClock, createFakeClock } from '../images/clock.contract.ts';
import type { MailOutbox } from './mail-outbox.ts';

export type OpenMailOutbox = (
  clock: ControlledClock,
) => Promise<{ readonly mails: MailOutbox; close(): Promise<void> }>;

/** Longer than whoever has taken a mail may have it. */
const LONG_MS = 10 * 60_000;

/** What every outbox of mails does. */
export function mailOutboxContract(name: string, open: OpenMailOutbox): void {
  describe(`${name} keeps the MailOutbox contract`, () => {
    let clock: ControlledClock;
    let mails: MailOutbox;
    let close: () => Promise<void>;

    beforeEach(async () => {
      clock = createFakeClock();
      const opened = await open(clock);
      mails = opened.mails;
      close = opened.close;
    });
    afterEach(() => close());

    const post = (to: string) => mails.post({ to, template: 'image_notice', words: { name: to } });
    const taken = async () => (await mails.take())?.to;

    it('gives a mail as it was posted, and nothing where none waits', async () => {
      expect(await mails.take()).toBeUndefined();
      await post('ada@example.com');
      expect(await mails.take()).toEqual({
        mailId: expect.any(String),
        to: 'ada@example.com',
        template: 'image_notice',
        words: { name: 'ada@example.com' },
        tries: 1,
      });
    });

    it('gives the longest due first, each to one', async () => {
      for (const to of ['a', 'b', 'c']) {
        await post(to);
        clock.advance(1);
      }
      expect([await taken(), await taken(), await taken(), await taken()]).toEqual([
        'a',
        'b',
        'c',
        undefined,
      ]);
    });

    it('gives one to one of many who take at once', async () => {
      await post('a');
      const all = await Promise.all(Array.from({ length: 8 }, () => mails.take()));
      expect(all.filter((mail) => mail !== undefined)).toHaveLength(1);
    });

    it('gives a mail again whose sender never said how it went', async () => {
      await post('a');
      await mails.take();
      clock.advance(LONG_MS);
      expect(await mails.take()).toMatchObject({ to: 'a', tries: 2 });
    });

    it('is done with what was sent or given up', async () => {
      for (const ending of ['sent', 'drop'] as const) {
        await post('a');
        const mail = await mails.take();
        await mails[ending](mail?.mailId ?? '');
        clock.advance(LONG_MS);
        expect(await mails.take()).toBeUndefined();
      }
    });

    it('gives what was postponed at its time', async () => {
      await post('a');
      const mail = await mails.take();
      await mails.postpone(mail?.mailId ?? '', clock.now() + 2 * LONG_MS);
      clock.advance(2 * LONG_MS - 1);
      expect(await mails.take()).toBeUndefined();
      clock.advance(1);
      expect(await mails.take()).toMatchObject({ to: 'a', tries: 2 });
    });

    it('does not mind mails that are not there', async () => {
      await mails.sent('unknown');
      await mails.drop('unknown');
      await mails.postpone('unknown', 1);
      expect(await mails.take()).toBeUndefined();
    });
  });
}
