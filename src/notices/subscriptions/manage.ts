import { v7 } from 'uuid';
import { Failure } from '../../failures.ts';
import type { EventLog } from '../../images/catalog.ts';
import type { Clock } from '../../images/clock.ts';
import type { MailOutbox } from '../mail-outbox.ts';
import { notOurs, type SubscriptionLinks } from './links.ts';
import type { Subscription, SubscriptionKey, SubscriptionStore } from './subscription.ts';
import { CONFIRM_WITHIN_MS, nextAt } from './tell-subscribers.ts';

export type SubscriptionWishes = Pick<Subscription, 'address' | 'eventTypes' | 'mode' | 'intervalMs'>;

/** What can be done with subscriptions. */
export interface Subscriptions {
  /**
   * Where the address is not known to be of whoever asks, nothing is sent there but a link to confirm it.
   * @throws Failure `too_many_subscriptions`
   */
  make(tenantId: string, wishes: SubscriptionWishes, isConfirmed: boolean): Promise<Subscription>;
  list(tenantId: string): Promise<Subscription[]>;
  /** @throws Failure `subscription_not_found` */
  remove(tenantId: string, subscriptionId: string): Promise<void>;
  /** By the link in a mail; answers what it was about. @throws Failure `token_invalid` */
  confirm(token: string): Promise<SubscriptionKey>;
  /** By the link in a mail; a second time it is no error. @throws Failure `token_invalid` */
  unsubscribe(token: string): Promise<SubscriptionKey>;
}

export interface SubscriptionsDeps {
  readonly store: SubscriptionStore;
  readonly events: Pick<EventLog, 'latestId'>;
  readonly mails: Pick<MailOutbox, 'post'>;
  readonly links: SubscriptionLinks;
  readonly clock: Clock;
  /** called after a mail was put into the outbox */
  readonly wakeMail: () => void;
}

export const MOST_SUBSCRIPTIONS = 100;

export function createSubscriptions(deps: SubscriptionsDeps): Subscriptions {
  const { store, events, mails, links, clock, wakeMail } = deps;

  async function begin(subscription: Subscription): Promise<Subscription> {
    const now = clock.now();
    const toldUntil = await events.latestId(subscription.tenantId);
    await store.confirm(subscription, {
      at: now,
      nextAt: nextAt(subscription, now),
      ...(toldUntil !== undefined && { toldUntil }),
    });
    return { ...subscription, confirmedAt: now };
  }

  return {
    async make(tenantId, wishes, isConfirmed) {
      if ((await store.list(tenantId)).length >= MOST_SUBSCRIPTIONS) throw tooMany();
      const createdAt = clock.now();
      const subscriptionId = `sub_${v7({ msecs: createdAt })}`;
      const subscription: Subscription = { ...wishes, subscriptionId, tenantId, createdAt };
      await store.add(subscription);
      if (isConfirmed) return begin(subscription);
      const words = { tenant_id: tenantId, subscription_id: subscriptionId };
      await mails.post({ to: wishes.address, template: 'confirm_subscription', words });
      wakeMail();
      return subscription;
    },

    list: (tenantId) => store.list(tenantId),

    async remove(tenantId, subscriptionId) {
      if (await store.remove(tenantId, subscriptionId)) return;
      throw new Failure(
        'subscription_not_found',
        `There is no subscription ${subscriptionId}. List them to see which there are.`,
      );
    },

    async confirm(token) {
      const key = links.read('confirm', token);
      const subscription = await store.find(key.tenantId, key.subscriptionId);
      const isLate = subscription && clock.now() - subscription.createdAt > CONFIRM_WITHIN_MS;
      if (!subscription || (isLate && subscription.confirmedAt === undefined)) throw notOurs();
      if (subscription.confirmedAt === undefined) await begin(subscription);
      return key;
    },

    async unsubscribe(token) {
      const key = links.read('unsubscribe', token);
      await store.remove(key.tenantId, key.subscriptionId);
      return key;
    },
  };
}

function tooMany(): Failure {
  return new Failure(
    'too_many_subscriptions',
    `A tenant has at most ${MOST_SUBSCRIPTIONS} subscriptions. Remove one first.`,
  );
}
