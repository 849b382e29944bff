import type { Attempt, Delivery, Webhook } from './webhook.ts';

/** Keeps webhooks and what is on its way to them. */
export interface WebhookStore {
  create(webhook: Webhook): Promise<void>;
  /** Of a tenant, in the order in which they were made. */
  list(tenantId: string): Promise<Webhook[]>;
  find(tenantId: string, webhookId: string): Promise<Webhook | undefined>;
  /** Writes it where it is still as it was read: with the version before. False where somebody else was faster. */
  replace(webhook: Webhook): Promise<boolean>;
  /** With its deliveries. False where there is none. */
  remove(tenantId: string, webhookId: string): Promise<boolean>;
  /** Sets or clears since when it fails, whatever its version. */
  noteHealth(tenantId: string, webhookId: string, failingSince: number | undefined): Promise<void>;

  /** Adds deliveries that are not there yet; those of a webhook that has gone are left out. */
  add(deliveries: readonly Delivery[]): Promise<void>;
  /** Active webhooks of all tenants to which something is due, milliseconds. */
  due(now: number, limit: number): Promise<Webhook[]>;
  /** Deliveries that are due, oldest first; nobody else gets them before `until`. */
  lease(of: WebhookKey, when: { now: number; until: number; limit: number }): Promise<Delivery[]>;
  /** Takes note of an attempt. What has been delivered stays so. */
  settle(of: DeliveryKey, attempt: Attempt, outcome: Outcome): Promise<void>;
  /** Has it sent again from `at` on, with all its tries; false where there is none. */
  replay(of: DeliveryKey, at: number): Promise<boolean>;
  findDelivery(of: DeliveryKey): Promise<Delivery | undefined>;
  /** Newest first. @throws Failure `invalid_request` for a cursor that no page has named */
  deliveries(of: WebhookKey, page: { limit: number; cursor?: string }): Promise<DeliveryPage>;
  /** Deletes deliveries that were made before then, milliseconds; answers how many. */
  forget(before: number): Promise<number>;
}

export interface WebhookKey {
  readonly tenantId: string;
  readonly webhookId: string;
}

export interface DeliveryKey extends WebhookKey {
  readonly deliveryId: string;
}

/** `retryAt` in milliseconds */
export type Outcome =
  | { readonly state: 'delivered' | 'failed' }
  | { readonly state: 'pending'; readonly retryAt: number };

export interface DeliveryPage {
  readonly deliveries: readonly Delivery[];
  readonly nextCursor?: string;
}
