import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlledClock, createFakeClock } from '../../images/clock.contract.ts';
import type { MailOutbox } from '../mail-outbox.ts';
import { mailedEvents, type Subscription, type SubscriptionStore } from './subscription.ts';

export type OpenSubscriptionStore = (clock: ControlledClock) => Promise<{
  subscriptionStore: SubscriptionStore;
  mails: MailOutbox;
  close(): Promise<void>;
}>;

function aSubscription(subscriptionId: string, parts: Partial<Subscription> = {}): Subscription {
  return {
    ...{ subscriptionId, tenantId: 't1', address: 'ada@example.com', eventTypes: ['image.ready'] },
    ...{ mode: 'digest', intervalMs: 60_000, createdAt: 1_000, ...parts },
  };
}

/** What every store of subscriptions does. */
export function subscriptionStoreContract(name: string, open: OpenSubscriptionStore): void {
  describe(`${name} keeps the SubscriptionStore contract`, () => {
    let opened: Awaited<ReturnType<OpenSubscriptionStore>>;
    let store: SubscriptionStore;

    beforeEach(async () => {
      opened = await open(createFakeClock());
      store = opened.subscriptionStore;
    });
    afterEach(() => opened.close());

    const [one, two] = [aSubscription('s1'), aSubscription('s2', { createdAt: 2_000 })];
    const dueIds = async (now: number) =>
      (await store.due(now, 10)).map(({ subscriptionId }) => subscriptionId);
    const mail = (subscriptionId: string, to = one.address) =>
      ({ to, template: 'image_digest', words: { subscription_id: subscriptionId } }) as const;

    it('keeps them as they are, each of one tenant', async () => {
      const full = aSubscription('s0', { eventTypes: mailedEvents, mode: 'each', createdAt: 500 });
      for (const each of [two, one, full, aSubscription('s9', { tenantId: 't2' })]) await store.add(each);
      expect(await store.list('t1')).toEqual([full, one, two]);
      expect(await store.find('t1', 's0')).toEqual(full);
      expect(await store.find('t1', 's9')).toBeUndefined();
      expect(await store.remove('t1', 's9')).toBe(false);
      expect(await store.remove('t2', 's9')).toBe(true);
      expect(await store.list('t2')).toEqual([]);
    });

    it('makes nothing due that is not confirmed', async () => {
      for (const each of [one, two]) await store.add(each);
      await store.confirm(one, { at: 5_000, nextAt: 6_000, toldUntil: 'e1' });
      expect([await dueIds(5_999), await dueIds(6_000)]).toEqual([[], ['s1']]);
      expect(await store.find('t1', 's1')).toEqual({ ...one, confirmedAt: 5_000, toldUntil: 'e1' });
    });

    it('confirms once', async () => {
      await store.add(one);
      await store.confirm(one, { at: 5_000, nextAt: 6_000 });
      await store.confirm(one, { at: 7_000, nextAt: 9_000, toldUntil: 'e9' });
      expect(await store.find('t1', 's1')).toEqual({ ...one, confirmedAt: 5_000 });
      await store.confirm(two, { at: 7_000, nextAt: 9_000 });
    });

    it('moves on and posts the mails, both or neither', async () => {
      await store.add(one);
      await store.confirm(one, { at: 5_000, nextAt: 6_000 });
      const [read] = await store.due(6_000, 10);
      if (!read) throw new Error('nothing is due');
      expect(await store.advance(read, { toldUntil: 'e5', nextAt: 7_000 }, [mail('s1')])).toBe(true);
      expect(await store.advance(read, { toldUntil: 'e5', nextAt: 7_000 }, [mail('s1')])).toBe(false);
      expect(await opened.mails.take()).toMatchObject({ to: one.address, words: { subscription_id: 's1' } });
      expect(await opened.mails.take()).toBeUndefined();
      expect(await store.find('t1', 's1')).toMatchObject({ toldUntil: 'e5' });
      expect([await dueIds(6_999), await dueIds(7_000)]).toEqual([[], ['s1']]);
      await store.remove('t1', 's1');
      expect(await store.advance({ ...read, toldUntil: 'e5' }, { nextAt: 1 }, [mail('s1')])).toBe(false);
    });

    it('forgets an address, its mails included, in one tenant', async () => {
      const theirs = aSubscription('s9', { tenantId: 't2' });
      const others = aSubscription('s3', { address: 'bob@example.com', createdAt: 3_000 });
      for (const each of [one, two, others, theirs]) await store.add(each);
      await opened.mails.post(mail('s1'));
      await opened.mails.post(mail('s3', 'bob@example.com'));
      expect(await store.removeAddress('t1', 'ADA@example.com')).toBe(2);
      expect(await store.list('t1')).toEqual([others]);
      expect(await store.list('t2')).toEqual([theirs]);
      expect(await opened.mails.take()).toMatchObject({ to: 'bob@example.com' });
      expect(await opened.mails.take()).toBeUndefined();
    });

    it('goes with the mails of it that wait', async () => {
      for (const each of [one, two]) await store.add(each);
      for (const { subscriptionId } of [one, two]) await opened.mails.post(mail(subscriptionId));
      await store.remove('t2', 's1');
      await store.remove('t1', 's1');
      expect(await opened.mails.take()).toMatchObject({ words: { subscription_id: 's2' } });
      expect(await opened.mails.take()).toBeUndefined();
    });

    it('forgets what nobody confirms', async () => {
      for (const each of [one, two]) await store.add(each);
      await store.confirm(one, { at: 5_000, nextAt: 6_000 });
      expect([await store.forgetUnconfirmed(2_000), await store.forgetUnconfirmed(2_001)]).toEqual([0, 1]);
      expect((await store.list('t1')).map(({ subscriptionId }) => subscriptionId)).toEqual(['s1']);
    });
  });
}
