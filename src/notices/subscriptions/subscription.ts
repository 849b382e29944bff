import type { EventType } from '../../images/events.ts';
import type { MailOrder } from '../mail-outbox.ts';

/** What can be told by mail: how the work on an image has ended. */
export const mailedEvents = ['image.ready', 'image.rejected', 'image.failed'] as const satisfies EventType[];
export type MailedEvent = (typeof mailedEvents)[number];

/** `each`: a mail for each event, while they are few; `digest`: one for all of an interval */
export const subscriptionModes = ['each', 'digest'] as const;
export type SubscriptionMode = (typeof subscriptionModes)[number];

/** Somebody who is told by mail, once the address has been confirmed. */
export interface Subscription {
  readonly subscriptionId: string;
  readonly tenantId: string;
  readonly address: string;
  readonly eventTypes: readonly MailedEvent[];
  readonly mode: SubscriptionMode;
  /** milliseconds between two digests */
  readonly intervalMs: number;
  /** milliseconds */
  readonly createdAt: number;
  readonly confirmedAt?: number;
  /** id of the last event that has been told of; without it, of none */
  readonly toldUntil?: string;
}

/** Keeps subscriptions. What is told is read from the event log: nothing is kept for each event. */
export interface SubscriptionStore {
  add(subscription: Subscription): Promise<void>;
  /** Of a tenant, in the order in which they were made. */
  list(tenantId: string): Promise<Subscription[]>;
  find(tenantId: string, subscriptionId: string): Promise<Subscription | undefined>;
  /** From now on it is due at `nextAt`, milliseconds. A second time changes nothing. */
  confirm(of: SubscriptionKey, confirmed: Confirmation): Promise<void>;
  /** With mails of it that still wait. False where there is none. */
  remove(tenantId: string, subscriptionId: string): Promise<boolean>;
  /** All of an address in a tenant, and mails to it that still wait; answers how many subscriptions. */
  removeAddress(tenantId: string, address: string): Promise<number>;
  /** Of all tenants, confirmed, whose time has come; the longest due first. */
  due(now: number, limit: number): Promise<Subscription[]>;
  /**
   * Notes how far it has been told and posts the mails that tell it: both or neither. False, and neither, where it was
   * told further meanwhile or has gone.
   */
  advance(
    of: Subscription,
    to: { toldUntil?: string; nextAt: number },
    mails: readonly MailOrder[],
  ): Promise<boolean>;
  /** Those made before then, milliseconds, that nobody has confirmed; answers how many. */
  forgetUnconfirmed(before: number): Promise<number>;
}

export interface SubscriptionKey {
  readonly tenantId: string;
  readonly subscriptionId: string;
}

export interface Confirmation {
  /** milliseconds */
  readonly at: number;
  readonly nextAt: number;
  /** what happened until then is not told */
  readonly toldUntil?: string;
}
