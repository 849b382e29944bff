import type { EventType, ImageEvent } from '../../images/events.ts';

/** Somebody else's address that is told of events, with the secrets that sign what is sent there. */
export interface Webhook {
  readonly webhookId: string;
  readonly tenantId: string;
  readonly url: string;
  readonly description: string;
  /** what it wants to hear of */
  readonly eventTypes: readonly EventType[];
  readonly isActive: boolean;
  /** newest first; each signs until it ends */
  readonly secrets: readonly WebhookSecret[];
  /** milliseconds */
  readonly createdAt: number;
  /** milliseconds; of the first failure with no success since */
  readonly failingSince?: number;
  /** why it is not active, where not because somebody wanted it so */
  readonly disabledBecause?: DisabledBecause;
  /** counts the changes, for {@link import('./webhook-store.ts').WebhookStore.replace} */
  readonly version: number;
}

export interface WebhookSecret {
  /** `whsec_` and base64 */
  readonly secret: string;
  /** milliseconds; without it, good until another takes its place */
  readonly endsAt?: number;
}

/** `gone`: it answered 410; `failing`: for days nothing but failures */
export const disabledReasons = ['gone', 'failing'] as const;
export type DisabledBecause = (typeof disabledReasons)[number];

/** One event on its way to one webhook. */
export interface Delivery {
  /** the same for all attempts, and what `webhook-id` says: a receiver tells repetitions by it */
  readonly deliveryId: string;
  readonly webhookId: string;
  readonly tenantId: string;
  readonly message: Message;
  readonly state: DeliveryState;
  /** since it was made or last replayed */
  readonly tries: number;
  /** milliseconds; of the next attempt, while one is to come */
  readonly nextAt?: number;
  /** the last {@link MOST_ATTEMPTS_KEPT}, oldest first */
  readonly attempts: readonly Attempt[];
  readonly createdAt: number;
}

/** `pending`: attempts are to come; `failed`: given up, until it is replayed */
export const deliveryStates = ['pending', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** What is told: an event of an image, or that somebody tries the webhook out. */
export type Message = ImageEvent | TestMessage;

export interface TestMessage {
  readonly type: 'webhook.test';
  readonly id: string;
  readonly tenantId: string;
  readonly at: number;
}

export interface Attempt {
  /** milliseconds since 1970 */
  readonly at: number;
  readonly durationMs: number;
  /** HTTP status of the answer */
  readonly status?: number;
  /** the beginning of its body */
  readonly response?: string;
  /** why there was no answer */
  readonly error?: string;
}

export const MOST_ATTEMPTS_KEPT = 20;

/** The id of the delivery of an event: to each webhook there is one. */
export function deliveryIdOf({ id }: Pick<Message, 'id'>): string {
  return `msg_${id}`;
}
