import type { Logger } from 'pino';
import type { Members } from '../identity/members.ts';
import type { EventLog } from '../images/catalog.ts';
import type { Clock } from '../images/clock.ts';
import type { Fence } from './fence/fence.ts';
import type { MailOutbox } from './mail-outbox.ts';
import type { Sink } from './sinks.ts';
import type { SubscriptionLinks } from './subscriptions/links.ts';
import { createSubscriptions, type Subscriptions } from './subscriptions/manage.ts';
import type { SubscriptionStore } from './subscriptions/subscription.ts';
import { startTellingSubscribers, type TellingSubscribers } from './subscriptions/tell-subscribers.ts';
import { type DeliveryLoop, startDeliveryLoop } from './webhooks/delivery-loop.ts';
import { enrollDeliveries } from './webhooks/enroll.ts';
import { createWebhooks, disableWebhook, type Webhooks } from './webhooks/manage.ts';
import { tellOwners } from './webhooks/tell-owners.ts';
import type { WebhookStore } from './webhooks/webhook-store.ts';

export interface NoticesDeps {
  readonly webhookStore: WebhookStore;
  readonly subscriptionStore: SubscriptionStore;
  readonly events: Pick<EventLog, 'since' | 'latestId'>;
  readonly members: Pick<Members, 'list'>;
  readonly mails: Pick<MailOutbox, 'post'>;
  readonly links: SubscriptionLinks;
  readonly fence: Fence;
  readonly clock: Clock;
  readonly log: Logger;
  readonly publicUrl: () => string;
  /** called after mails were put into the outbox */
  readonly wakeMail: () => void;
  /** of this build */
  readonly version: string;
  /** milliseconds between two looks for subscribers whose time has come */
  readonly lookEveryMs?: number;
}

/** What tells others of what happens: webhooks and subscribers by mail. */
export interface Notices {
  readonly webhooks: Webhooks;
  readonly subscriptions: Subscriptions;
  /** takes events for webhooks */
  readonly sink: Sink;
  /** Begins to send; what is sent names the public URL, which must be known by now. */
  start(): void;
  /** Ends after what is under way. */
  stop(): Promise<void>;
}

/** Builds it; nothing is sent by itself before `start`. */
export function createNotices(deps: NoticesDeps): Notices {
  const { webhookStore: store, subscriptionStore, clock, log } = deps;
  let loop: DeliveryLoop | undefined;
  let telling: TellingSubscribers | undefined;
  const wake = () => loop?.wake();
  const delivering = { ...deps, store, disable: disableWebhook({ store, tell: tellOwners(deps) }) };

  return {
    webhooks: createWebhooks({ ...delivering, wake }),
    subscriptions: createSubscriptions({ ...deps, store: subscriptionStore }),
    sink: { name: 'webhooks', deliver: enrollDeliveries({ store, clock, wake }) },
    start() {
      loop = startDeliveryLoop({ ...delivering, log });
      telling = startTellingSubscribers({ ...deps, subscriptions: subscriptionStore });
    },
    async stop() {
      await Promise.all([loop?.stop(), telling?.stop()]);
    },
  };
}
