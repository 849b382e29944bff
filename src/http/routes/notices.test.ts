import { readdir, readFile } from 'node:fs/promises';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Receiver, startReceiver } from '../../notices/fence/testing/receiver.ts';
import { authorised, type House, openHouse, problemOf } from '../testing/house.ts';

let house: House;
let receiver: Receiver;
beforeAll(async () => {
  house = await openHouse({ durability: 'none' });
});
afterAll(() => house.close());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

function sending(method: string, body: unknown): RequestInit {
  return { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function made(order: Record<string, unknown> = {}) {
  const response = await house.call('/v1/webhooks', sending('POST', { url: receiver.url, ...order }));
  expect(response.status).toBe(201);
  expect(response.headers.get('cache-control')).toBe('no-store');
  return (await response.json()) as { id: string; secret: string };
}

const read = async <T>(path: string) => (await (await house.call(path)).json()) as T;

interface DeliveryPage {
  readonly deliveries: readonly { readonly id: string }[];
  readonly next_cursor: string | null;
}
const deliveriesOf = (id: string, query = '') => read<DeliveryPage>(`/v1/webhooks/${id}/deliveries${query}`);
const subscriptions = async () =>
  (await read<{ subscriptions: { id: string }[] }>('/v1/subscriptions')).subscriptions;

describe('a webhook', () => {
  it('is told of an upload from its beginning to its end', async () => {
    const { id, secret } = await made({ events: ['image.received', 'image.ready'] });
    const { image_id: imageId } = await house.upload('rocket.jpg');
    await vi.waitFor(() => expect(receiver.got).toHaveLength(2), { timeout: 8_000 });
    const told = receiver.got.map(({ headers, body }) =>
      new Verifier(secret).verify(body, headers as Record<string, string>),
    );
    expect(told).toMatchObject([
      { type: 'image.received', data: { image_id: imageId } },
      { type: 'image.ready', data: { url: `https://photos.example/v1/image/${imageId}` } },
    ]);
    expect(JSON.stringify(told)).not.toContain('rocket');
    await vi.waitFor(async () => {
      const { deliveries } = await deliveriesOf(id);
      expect(deliveries).toMatchObject([
        {
          event: 'image.ready',
          state: 'delivered',
          next_attempt_at: null,
          attempts: [{ status: 200, error: null }],
        },
        { event: 'image.received', state: 'delivered', image_id: imageId },
      ]);
    });
    const page = await deliveriesOf(id, '?limit=1');
    const rest = await deliveriesOf(id, `?cursor=${page.next_cursor}`);
    expect([page.deliveries.length, rest.deliveries.length, rest.next_cursor]).toEqual([1, 1, null]);
    const deliveryId = rest.deliveries[0]?.id;
    const replayed = await house.call(`/v1/webhooks/${id}/deliveries/${deliveryId}/replay`, {
      method: 'POST',
    });
    expect(replayed.status).toBe(202);
    await vi.waitFor(() => expect(receiver.got).toHaveLength(3));
    expect(receiver.got[2]?.headers['webhook-id']).toBe(deliveryId);
  });

  it('is changed, tried out and removed', async () => {
    const { id } = await made();
    const changed = await house.call(
      `/v1/webhooks/${id}`,
      sending('PATCH', { active: false, description: 'x' }),
    );
    expect(await changed.json()).toMatchObject({ id, active: false, description: 'x', secrets: 1 });
    const tried = await house.call(`/v1/webhooks/${id}/test`, { method: 'POST' });
    expect(await tried.json()).toMatchObject({
      ...{ event: 'webhook.test', state: 'delivered', image_id: null },
      attempts: [{ status: 200, response: 'thanks' }],
    });
    expect((await house.call(`/v1/webhooks/${id}`, { method: 'DELETE' })).status).toBe(204);
    const gone = await problemOf(await house.call(`/v1/webhooks/${id}/deliveries`));
    expect(gone.code).toBe('webhook_not_found');
  });

  it('shows its secret when it is made and when it is changed, and never again', async () => {
    const { id, secret } = await made();
    const rotated = await house.call(`/v1/webhooks/${id}/rotate`, sending('POST', { overlap: 60 }));
    const next = (await rotated.json()) as { secret: string; secrets: number };
    expect(next).toMatchObject({ secrets: 2, secret: expect.stringMatching(/^whsec_/) });
    await house.call(`/v1/webhooks/${id}/test`, { method: 'POST' });
    const { headers, body } = receiver.got[0] ?? { headers: {}, body: '' };
    for (const each of [secret, next.secret]) {
      expect(new Verifier(each).verify(body, headers as Record<string, string>)).toBeTruthy();
    }
    const shown: string[] = [house.logText()];
    for (const path of ['', `/${id}`, `/${id}/deliveries`]) {
      shown.push(await (await house.call(`/v1/webhooks${path}`)).text());
    }
    shown.push(JSON.stringify((await house.platform.audit.list('main', { limit: 200 })).entries));
    expect(shown.join('')).toContain(id);
    expect(shown.join('')).not.toContain('whsec_');
    expect(house.logText()).not.toContain(receiver.url);
  });

  it.each([
    [{ url: 'https://10.0.0.1/' }, 'where nothing is sent (private)'],
    [{ url: 'https://[::ffff:169.254.169.254]/' }, 'metadata'],
    [{ url: 'gopher://example.com/' }, 'https://'],
    [{ url: 'https://a:b@example.com/' }, 'password'],
    [{ url: 'https://example.com/', events: [] }, 'events'],
    [{ url: 'https://example.com/', events: ['image.gone'] }, 'events'],
    [{}, 'url'],
  ])('%j is refused', async (order, words) => {
    const problem = await problemOf(await house.call('/v1/webhooks', sending('POST', order)));
    expect(problem).toMatchObject({ code: 'invalid_request', detail: expect.stringContaining(words) });
  });
});

describe('a subscription', () => {
  const linkIn = async (purpose: string) => {
    const id = (await subscriptions()).at(-1)?.id;
    const mail = await vi.waitFor(async () => {
      const names = await readdir(`${house.folder}/mailbox`);
      const texts = await Promise.all(
        names.map((name) => readFile(`${house.folder}/mailbox/${name}`, 'utf8')),
      );
      const found = texts.map((text) => text.replaceAll('=\n', '').replaceAll('=3D', '=')).join('\n');
      expect(found).toContain(`/v1/subscriptions/${purpose}?token=`);
      return found;
    }, 8_000);
    const [, token = ''] = new RegExp(`/v1/subscriptions/${purpose}\\?token=([\\w.-]+)`).exec(mail) ?? [];
    return { id, path: `/v1/subscriptions/${purpose}?token=${token}` };
  };

  it('begins when somebody has followed the link and said yes, and ends by one POST', async () => {
    const order = { email: 'Bob@Example.com', events: ['image.ready'], interval: 60 };
    const response = await house.call('/v1/subscriptions', sending('POST', order));
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({
      email: 'bob@example.com',
      confirmed: false,
      mode: 'digest',
    });
    const { id, path } = await linkIn('confirm');
    const page = await house.app.request(path);
    expect(await page.text()).toContain('<form method="post">');
    expect(page.headers.get('content-security-policy')).toContain("form-action 'self'");
    expect(await subscriptions()).toMatchObject([{ id, confirmed: false }]);
    expect((await house.app.request(path, { method: 'POST' })).status).toBe(200);
    expect(await subscriptions()).toMatchObject([{ id, confirmed: true }]);

    await house.upload('rocket.jpg');
    house.clock.advance(120_000);
    const { path: ending } = await linkIn('unsubscribe');
    const oneClick = { method: 'POST', body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) };
    expect((await house.app.request(ending)).status).toBe(200);
    expect((await house.app.request(ending, oneClick)).status).toBe(200);
    expect(await subscriptions()).toEqual([]);
    const trail = (await house.platform.audit.list('main', { limit: 50, action: 'subscription.end' }))
      .entries;
    expect(trail).toMatchObject([{ outcome: 'allowed', target: id }]);
  }, 20_000);

  it.each(['confirm', 'unsubscribe'])('is not touched by a made-up link to %s', async (purpose) => {
    const path = `/v1/subscriptions/${purpose}?token=bm9uZQ.x`;
    const problem = await problemOf(await house.app.request(path, { method: 'POST' }));
    expect(problem.code).toBe('token_invalid');
    expect((await house.app.request(path.split('?')[0] ?? '', authorised({ method: 'POST' }))).status).toBe(
      400,
    );
  });
});
