import type { ServerResponse } from 'node:http';
import { pino } from 'pino';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ControlledClock, createFakeClock } from '../../images/clock.contract.ts';
import { openTestPlatform, type TestPlatform } from '../../platform/embedded/testing/data-folder.ts';
import { createFence } from '../fence/fence.ts';
import { type Receiver, startReceiver } from '../fence/testing/receiver.ts';
import { lineEvent } from '../sink-lines.contract.ts';
import { FAILING_MS } from './deliver.ts';
import { type DeliveryLoop, startDeliveryLoop } from './delivery-loop.ts';
import { enrollDeliveries } from './enroll.ts';
import { createWebhooks, disableWebhook, type Webhooks, type WebhookWishes } from './manage.ts';
import { tellOwners } from './tell-owners.ts';
import type { Webhook } from './webhook.ts';

const HOUR = 3_600_000;
let clock: ControlledClock;
let platform: TestPlatform;
let receiver: Receiver;
let loop: DeliveryLoop | undefined;
let webhooks: Webhooks;
let enroll: ReturnType<typeof enrollDeliveries>;
let logged: string[];
const others: Receiver[] = [];

beforeEach(async () => {
  clock = createFakeClock(Date.now());
  platform = await openTestPlatform(clock, 'none');
  receiver = await startReceiver();
  logged = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) });
  const store = platform.webhookStore;
  const wake = () => loop?.wake();
  const tell = tellOwners({ ...platform, wakeMail() {}, log });
  const deps = {
    ...{ store, clock, log, wake, version: '1', pollMs: 20, random: () => 0 },
    publicUrl: () => 'https://photos.example',
    fence: createFence({
      resolve: async () => [],
      allowHttp: true,
      allowPrivate: ['127.0.0.1'],
    }),
    disable: disableWebhook({ store, tell }),
  };
  webhooks = createWebhooks(deps);
  enroll = enrollDeliveries({ store, clock, wake });
  loop = startDeliveryLoop(deps);
});
afterEach(async () => {
  await loop?.stop();
  await Promise.all([receiver, ...others.splice(0)].map((each) => each.close()));
  await platform.close();
});

async function made(wishes: Partial<WebhookWishes> = {}): Promise<{ webhook: Webhook; secret: string }> {
  return webhooks.make('t1', {
    ...{ url: receiver.url, eventTypes: ['image.ready', 'image.failed'], isActive: true, description: '' },
    ...wishes,
  });
}

const event = (number: number, more: Parameters<typeof lineEvent>[1] = {}) =>
  lineEvent(number, { at: clock.now(), ...more });

async function statesOf(webhook: Webhook): Promise<string[]> {
  const { deliveries } = await webhooks.deliveries(webhook, { limit: 200 });
  return deliveries.map(({ state, attempts }) => `${state} after ${attempts.length}`);
}

async function untilStates(webhook: Webhook, expected: string[]): Promise<void> {
  await vi.waitFor(async () => expect(await statesOf(webhook)).toEqual(expected), { timeout: 8_000 });
}

const idsGot = (at = receiver) => at.got.map(({ headers }) => headers['webhook-id']);

describe('an event', () => {
  it('reaches a receiver, signed, with ids and addresses and nothing else', async () => {
    const { webhook, secret } = await made();
    const told = event(7, {
      type: 'image.failed',
      status: 'failed',
      errorCode: 'render_failed',
      generation: 2,
    });
    await enroll([told]);
    await untilStates(webhook, ['delivered after 1']);
    const { headers, body } = receiver.got[0] ?? { headers: {}, body: '' };
    expect(new Verifier(secret).verify(body, headers as Record<string, string>)).toEqual({
      type: 'image.failed',
      timestamp: new Date(told.at).toISOString(),
      data: {
        ...{ sequence: told.id, tenant_id: 't1', image_id: 'i1', status: 'failed', generation: 2 },
        ...{ error_code: 'render_failed', url: 'https://photos.example/v1/image/i1' },
      },
    });
    expect(headers).toMatchObject({
      'webhook-id': `msg_${told.id}`,
      'content-type': 'application/json',
      'user-agent': 'Darkroom/1',
    });
  });

  it('reaches those who want to hear of it, each once, however often it is handed on', async () => {
    const { webhook } = await made();
    const mute = (await made({ isActive: false })).webhook;
    const other = (await made({ eventTypes: ['image.erased'] })).webhook;
    const foreign = await startReceiver();
    others.push(foreign);
    await webhooks.make('t2', { ...other, url: foreign.url });
    const told = [event(1), event(2, { type: 'image.processing' }), event(3), event(4, { at: 5 })];
    for (let again = 0; again < 3; again += 1) await enroll(told);
    await untilStates(webhook, ['delivered after 1', 'delivered after 1']);
    expect([await statesOf(mute), await statesOf(other)]).toEqual([[], []]);
    expect(idsGot().toSorted()).toEqual([`msg_${event(1).id}`, `msg_${event(3).id}`]);
    expect(foreign.got).toEqual([]);
  });

  it('comes again with the same id and a new signature until it is taken', async () => {
    const { webhook } = await made();
    receiver.answer = (response) => response.writeHead(500).end('not now');
    await enroll([event(1)]);
    for (const [tries, delay] of [5_000, 30_000, 120_000].entries()) {
      await untilStates(webhook, [`pending after ${tries + 1}`]);
      const { deliveries } = await webhooks.deliveries(webhook, { limit: 1 });
      expect((deliveries[0]?.nextAt ?? 0) - clock.now()).toBe(delay);
      await clock.advance(delay - 1);
      if (tries === 2) receiver.answer = (response) => response.end();
      await clock.advance(1);
    }
    await untilStates(webhook, ['delivered after 4']);
    expect(new Set(idsGot()).size).toBe(1);
    const times = receiver.got.map(({ headers }) => headers['webhook-timestamp']);
    expect(new Set(times).size).toBe(4);
    expect((await webhooks.read(webhook)).failingSince).toBeUndefined();
  });

  it('is given up after a day, and sent again when somebody asks', async () => {
    const { webhook } = await made();
    await receiver.close();
    await enroll([event(1)]);
    for (let tries = 1; tries <= 10; tries += 1) {
      await untilStates(webhook, [`pending after ${tries}`]);
      await clock.advance(10 * HOUR);
    }
    await untilStates(webhook, ['failed after 11']);
    const [delivery] = (await webhooks.deliveries(webhook, { limit: 1 })).deliveries;
    expect(delivery?.attempts.map(({ error }) => error)).toEqual(Array(11).fill('connection_refused'));
    receiver = await startReceiver({ port: receiver.port });
    await webhooks.replay(webhook, delivery?.deliveryId ?? '');
    await untilStates(webhook, ['delivered after 12']);
    expect(idsGot()).toEqual([delivery?.deliveryId]);
    await expect(webhooks.replay(webhook, 'msg_x')).rejects.toMatchObject({ code: 'delivery_not_found' });
  });
});

describe('a receiver', () => {
  it('that is slow holds up nobody else', async () => {
    const slow = await startReceiver();
    others.push(slow);
    const waiting: ServerResponse[] = [];
    slow.answer = (response) => void waiting.push(response);
    const { webhook: slowOne } = await made({ url: slow.url });
    const { webhook } = await made();
    await enroll(Array.from({ length: 60 }, (_, n) => event(n)));
    await untilStates(webhook, Array(60).fill('delivered after 1'));
    expect(receiver.mostAtOnce).toBeLessThanOrEqual(5);
    expect([slow.got.length, slow.mostAtOnce]).toEqual([5, 5]);
    slow.answer = (response) => response.writeHead(503).end();
    for (const response of waiting) response.writeHead(503).end();
    await vi.waitFor(async () => expect((await statesOf(slowOne)).join()).toContain('pending after 1'));
    expect((await webhooks.read(slowOne)).failingSince).toBeDefined();
  });

  it('that is gone is told nothing more, and the owners hear of it', async () => {
    await platform.members.join({ tenantId: 't1', userId: 'ada', email: 'ada@example.com', role: 'owner' });
    await platform.members.join({ tenantId: 't1', userId: 'bob', email: 'bob@example.com', role: 'viewer' });
    const { webhook } = await made({ description: 'the shop' });
    receiver.answer = (response) => response.writeHead(410).end();
    await enroll([event(1)]);
    await vi.waitFor(async () =>
      expect(await webhooks.read(webhook)).toMatchObject({ isActive: false, disabledBecause: 'gone' }),
    );
    expect(await statesOf(webhook)).toEqual(['failed after 1']);
    await enroll([event(2)]);
    expect(await statesOf(webhook)).toEqual(['failed after 1']);
    const mail = await vi.waitFor(async () => {
      const taken = await platform.mails.take();
      expect(taken).toMatchObject({ to: 'ada@example.com', template: 'webhook_disabled' });
      return taken;
    });
    expect(mail?.words).toMatchObject({ webhook: webhook.webhookId, description: 'the shop' });
    expect(await platform.mails.take()).toBeUndefined();
  });

  it('that takes nothing for days is told nothing more, until it is made active again', async () => {
    const { webhook } = await made();
    receiver.answer = (response) => response.writeHead(503).end();
    await enroll([event(1)]);
    await untilStates(webhook, ['pending after 1']);
    await clock.advance(FAILING_MS);
    await vi.waitFor(async () =>
      expect(await webhooks.read(webhook)).toMatchObject({ isActive: false, disabledBecause: 'failing' }),
    );
    await clock.advance(HOUR);
    expect(await statesOf(webhook)).toEqual(['pending after 2']);
    receiver.answer = (response) => response.end();
    const active = await webhooks.change(webhook, { isActive: true });
    expect(active).not.toHaveProperty('disabledBecause');
    expect(active).not.toHaveProperty('failingSince');
    await untilStates(webhook, ['delivered after 3']);
  });

  it('that sends elsewhere is not followed', async () => {
    const canary = await startReceiver();
    others.push(canary);
    const { webhook } = await made();
    receiver.answer = (response) => response.writeHead(302, { location: canary.url }).end();
    await enroll([event(1)]);
    await untilStates(webhook, ['pending after 1']);
    expect(canary.got).toEqual([]);
  });
});

describe('trying out', () => {
  it('sends once and says what came of it', async () => {
    const { webhook, secret } = await made({ isActive: false });
    const tried = await webhooks.tryOut(webhook);
    expect(tried).toMatchObject({ state: 'delivered', attempts: [{ status: 200, response: 'thanks' }] });
    const { headers, body } = receiver.got[0] ?? { headers: {}, body: '' };
    expect(new Verifier(secret).verify(body, headers as Record<string, string>)).toMatchObject({
      type: 'webhook.test',
    });
    receiver.answer = (response) => response.writeHead(500).end('no');
    expect(await webhooks.tryOut(webhook)).toMatchObject({
      state: 'failed',
      attempts: [{ status: 500, response: 'no' }],
    });
    await clock.advance(HOUR);
    expect(receiver.got).toHaveLength(2);
    expect((await webhooks.read(webhook)).failingSince).toBeUndefined();
  });

  it('of an address that is not allowed any more says so', async () => {
    const { webhook } = await made();
    await platform.webhookStore.replace({ ...webhook, url: 'http://127.0.0.2/', version: 2 });
    expect(await webhooks.tryOut(webhook)).toMatchObject({
      state: 'failed',
      attempts: [{ error: 'address_forbidden' }],
    });
  });
});

describe('webhooks', () => {
  it('are at most fifty in a tenant', async () => {
    for (let number = 0; number < 50; number += 1) await made();
    await expect(made()).rejects.toMatchObject({ code: 'too_many_webhooks' });
  });

  it.each(['http://10.0.0.1/', 'https://169.254.169.254/', 'ftp://a.example/', 'x'])(
    'do not lead to %s',
    async (url) => {
      await expect(made({ url })).rejects.toMatchObject({ code: 'invalid_request' });
      const { webhook } = await made();
      await expect(webhooks.change(webhook, { url })).rejects.toMatchObject({ code: 'invalid_request' });
    },
  );

  it('keep their secrets and addresses out of the log', async () => {
    const { webhook, secret } = await made({ url: `${receiver.url}?token=inTheAddress` });
    const rotated = await webhooks.rotate(webhook, 1_000);
    receiver.answer = (response) => response.writeHead(410).end('said by the receiver');
    await enroll([event(1)]);
    await vi.waitFor(() => expect(logged.join('')).toContain('made inactive'));
    await loop?.stop();
    const text = logged.join('');
    expect(text).toContain(webhook.webhookId);
    for (const hidden of [secret, rotated.secret, 'inTheAddress', '/hook', 'said by']) {
      expect(text).not.toContain(hidden);
    }
  });
});
