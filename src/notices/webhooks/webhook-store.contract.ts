import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlledClock, createFakeClock } from '../../images/clock.contract.ts';
import { EVENT_TYPES } from '../../images/events.ts';
import { lineEvent } from '../sink-lines.contract.ts';
import { type Delivery, deliveryIdOf, MOST_ATTEMPTS_KEPT, type Webhook } from './webhook.ts';
import type { WebhookStore } from './webhook-store.ts';

export type OpenWebhookStore = (
  clock: ControlledClock,
) => Promise<{ webhookStore: WebhookStore; close(): Promise<void> }>;

export function aWebhook(webhookId: string, parts: Partial<Webhook> = {}): Webhook {
  return {
    ...{ webhookId, tenantId: 't1', url: `https://${webhookId}.example/`, description: '' },
    ...{ eventTypes: ['image.ready'], isActive: true, secrets: [{ secret: 'whsec_AA==' }] },
    ...{ createdAt: 1_000, version: 1, ...parts },
  };
}

export function aDelivery(number: number, parts: Partial<Delivery> = {}): Delivery {
  const message = lineEvent(number);
  return {
    ...{ deliveryId: deliveryIdOf(message), webhookId: 'w1', tenantId: 't1', message, state: 'pending' },
    ...{ tries: 0, nextAt: 100, attempts: [], createdAt: number, ...parts },
  };
}

const failed = { at: 150, durationMs: 3, error: 'timeout' };
const answered = { at: 250, durationMs: 7, status: 200, response: 'thanks' };
const key = { tenantId: 't1', webhookId: 'w1' };
const keyOf = ({ deliveryId }: Delivery) => ({ ...key, deliveryId });

/** What every store of webhooks does. */
export function webhookStoreContract(name: string, open: OpenWebhookStore): void {
  describe(`${name} keeps the WebhookStore contract`, () => {
    let store: WebhookStore;
    let close: () => Promise<void>;

    beforeEach(async () => {
      const opened = await open(createFakeClock());
      store = opened.webhookStore;
      close = opened.close;
    });
    afterEach(() => close());

    const lease = (limit = 10, now = 100, until = 200) => store.lease(key, { now, until, limit });
    const [first, second, third] = [aDelivery(1), aDelivery(2), aDelivery(3)];
    const ids = (deliveries: readonly Delivery[]) => deliveries.map(({ deliveryId }) => deliveryId);

    describe('webhooks', () => {
      it('are kept as they are', async () => {
        const full = aWebhook('w2', {
          ...{ description: 'é', eventTypes: EVENT_TYPES, isActive: false, createdAt: 2_000 },
          ...{
            failingSince: 5,
            disabledBecause: 'gone',
            secrets: [{ secret: 'a' }, { secret: 'b', endsAt: 9 }],
          },
        });
        for (const each of [full, aWebhook('w1')]) await store.create(each);
        expect(await store.list('t1')).toEqual([aWebhook('w1'), full]);
        expect(await store.find('t1', 'w2')).toEqual(full);
      });

      it('are of one tenant', async () => {
        await store.create(aWebhook('w1', { tenantId: 't2' }));
        expect(await store.list('t1')).toEqual([]);
        expect(await store.find('t1', 'w1')).toBeUndefined();
        expect(await store.remove('t1', 'w1')).toBe(false);
        expect(await store.replace(aWebhook('w1', { version: 2 }))).toBe(false);
        expect(await store.remove('t2', 'w1')).toBe(true);
        expect(await store.find('t2', 'w1')).toBeUndefined();
      });

      it('are changed by whoever has read the last version', async () => {
        await store.create(aWebhook('w1', { failingSince: 7 }));
        const changed = aWebhook('w1', { version: 2, url: 'https://other.example/', isActive: false });
        expect(await store.replace(changed)).toBe(true);
        expect(await store.replace({ ...changed, description: 'late' })).toBe(false);
        expect(await store.find('t1', 'w1')).toEqual(changed);
      });

      it('fail and recover', async () => {
        await store.create(aWebhook('w1'));
        await store.noteHealth('t1', 'w1', 77);
        expect(await store.find('t1', 'w1')).toEqual(aWebhook('w1', { failingSince: 77 }));
        await store.noteHealth('t1', 'w1', undefined);
        await store.noteHealth('t1', 'unknown', 1);
        expect(await store.find('t1', 'w1')).toEqual(aWebhook('w1'));
      });
    });

    describe('deliveries', () => {
      beforeEach(async () => {
        await store.create(aWebhook('w1'));
        await store.create(aWebhook('w2', { createdAt: 2_000 }));
      });

      it('are kept as they are', async () => {
        const { nextAt, ...rest } = aDelivery(2, { state: 'failed', attempts: [failed, answered], tries: 2 });
        const trial = {
          ...aDelivery(3),
          message: { type: 'webhook.test', id: 'x', tenantId: 't1', at: 3 },
        } as const;
        await store.add([first, rest, trial]);
        expect(await store.findDelivery(keyOf(first))).toEqual(first);
        expect(await store.findDelivery(keyOf(rest))).toEqual(rest);
        expect(await store.findDelivery(keyOf(trial))).toEqual(trial);
        expect(await store.findDelivery({ ...keyOf(first), tenantId: 't2' })).toBeUndefined();
        expect(await store.findDelivery({ ...keyOf(first), webhookId: 'w2' })).toBeUndefined();
      });

      it('are one for each event and webhook, and none where the webhook has gone', async () => {
        await store.add([first]);
        await store.settle(first, answered, { state: 'delivered' });
        await store.add([first, aDelivery(1, { webhookId: 'w2' }), aDelivery(1, { webhookId: 'gone' })]);
        expect(await store.findDelivery(first)).toMatchObject({ state: 'delivered' });
        expect(await store.findDelivery({ ...first, webhookId: 'w2' })).toMatchObject({ state: 'pending' });
        expect(await store.findDelivery({ ...first, webhookId: 'gone' })).toBeUndefined();
      });

      it('are due at their time, at active webhooks', async () => {
        await store.create(aWebhook('w3', { isActive: false }));
        await store.add([
          first,
          aDelivery(2, { webhookId: 'w2', nextAt: 300 }),
          aDelivery(3, { webhookId: 'w3' }),
        ]);
        const due = async (now: number) => (await store.due(now, 10)).map(({ webhookId }) => webhookId);
        expect([await due(99), await due(100), await due(300)]).toEqual([[], ['w1'], ['w1', 'w2']]);
        expect(await store.due(300, 1)).toHaveLength(1);
        expect((await store.due(100, 10))[0]).toEqual(aWebhook('w1'));
      });

      it('are leased to one at a time, oldest first, until the lease ends', async () => {
        await store.add([third, first, second]);
        expect(ids(await lease(2))).toEqual(ids([first, second]));
        expect(ids(await lease())).toEqual(ids([third]));
        expect(await lease()).toEqual([]);
        expect(ids(await lease(10, 200, 300))).toEqual(ids([first, second, third]));
      });

      it('are over when they are delivered or given up', async () => {
        await store.add([first, second]);
        await lease();
        await store.settle(first, answered, { state: 'delivered' });
        await store.settle(second, failed, { state: 'failed' });
        expect(await lease(10, 9_999)).toEqual([]);
        const [{ nextAt, ...one }, { nextAt: _, ...other }] = [first, second];
        const delivered = { ...one, state: 'delivered', tries: 1, attempts: [answered] };
        expect(await store.findDelivery(first)).toEqual(delivered);
        expect(await store.findDelivery(second)).toEqual({
          ...other,
          state: 'failed',
          tries: 1,
          attempts: [failed],
        });
      });

      it('come again at the time that was noted', async () => {
        await store.add([first]);
        await lease();
        await store.settle(first, failed, { state: 'pending', retryAt: 500 });
        expect(await lease(10, 499)).toEqual([]);
        expect(await lease(10, 500, 600)).toEqual([{ ...first, tries: 1, attempts: [failed], nextAt: 600 }]);
      });

      it('stay delivered, whoever comes late', async () => {
        await store.add([first]);
        await store.settle(first, answered, { state: 'delivered' });
        await store.settle(first, failed, { state: 'pending', retryAt: 1 });
        expect(await store.findDelivery(first)).toMatchObject({
          state: 'delivered',
          attempts: [answered, failed],
        });
        expect(await store.due(9_999, 10)).toEqual([]);
        await store.settle({ ...first, deliveryId: 'unknown' }, answered, { state: 'delivered' });
      });

      it('keep their last attempts', async () => {
        await store.add([first]);
        for (let at = 0; at < MOST_ATTEMPTS_KEPT + 5; at += 1) {
          await store.settle(first, { ...failed, at }, { state: 'pending', retryAt: 1 });
        }
        const { attempts = [], tries } = (await store.findDelivery(first)) ?? {};
        expect([attempts.length, attempts[0]?.at, tries]).toEqual([
          MOST_ATTEMPTS_KEPT,
          5,
          MOST_ATTEMPTS_KEPT + 5,
        ]);
      });

      it('are replayed with all their tries', async () => {
        await store.add([first]);
        await store.settle(first, answered, { state: 'delivered' });
        expect(await store.replay(first, 700)).toBe(true);
        expect(await lease(10, 699)).toEqual([]);
        expect(await lease(10, 700)).toMatchObject([{ tries: 0, state: 'pending', attempts: [answered] }]);
        expect(await store.replay({ ...first, tenantId: 't2' }, 700)).toBe(false);
        expect(await store.replay({ ...first, deliveryId: 'unknown' }, 700)).toBe(false);
      });

      it('are listed newest first, page by page, whatever comes meanwhile', async () => {
        const many = Array.from({ length: 25 }, (_, n) =>
          aDelivery(n, { createdAt: 1_000 + Math.floor(n / 3) }),
        );
        await store.add([...many, aDelivery(99, { webhookId: 'w2' })]);
        const listed: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.deliveries(key, { limit: 10, ...(cursor !== undefined && { cursor }) });
          listed.push(...ids(page.deliveries));
          cursor = page.nextCursor;
          await store.add([aDelivery(1_000 + listed.length, { createdAt: 9_000 })]);
        } while (cursor !== undefined);
        expect(listed).toEqual(ids(many.toReversed()));
        await expect(store.deliveries(key, { limit: 1, cursor: 'x' })).rejects.toMatchObject({
          code: 'invalid_request',
        });
        expect(await store.deliveries({ ...key, tenantId: 't2' }, { limit: 10 })).toEqual({ deliveries: [] });
      });

      it('go with their webhook, and when they are old', async () => {
        const many = Array.from({ length: 2_100 }, (_, n) => aDelivery(n, { createdAt: 1_000 }));
        await store.add([...many, aDelivery(9_000, { createdAt: 2_000 })]);
        expect(await store.forget(2_000)).toBe(2_100);
        expect(ids((await store.deliveries(key, { limit: 10 })).deliveries)).toEqual(ids([aDelivery(9_000)]));
        await store.remove('t1', 'w1');
        await store.create(aWebhook('w1'));
        expect(await store.deliveries(key, { limit: 10 })).toEqual({ deliveries: [] });
      });
    });
  });
}
