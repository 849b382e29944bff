import { createRoute, z } from '@hono/zod-openapi';
import type { WebhookWishes } from '../../notices/webhooks/manage.ts';
import {
  DeliveryList,
  DeliveryView,
  MadeWebhook,
  SecretRotation,
  WebhookChange,
  WebhookList,
  WebhookOrder,
  WebhookView,
} from '../notice-schemas.ts';
import { deliveryView, webhookView } from '../notice-views.ts';
import { limitJsonBody } from '../request-body.ts';
import { json, jsonBody, newRouter, type Router, refusals, secured } from '../router.ts';
import type { Services } from '../services.ts';

const body = ['invalid_request', 'unsupported_media_type', 'body_too_large'] as const;
const ofOne = ['unauthorized', 'forbidden', 'webhook_not_found'] as const;
const params = z.object({ id: z.string() });

const listRoute = createRoute({
  method: 'get',
  path: '/v1/webhooks',
  summary: 'List the webhooks of your tenant',
  security: secured,
  responses: { 200: json('Without their secrets', WebhookList), ...refusals('unauthorized', 'forbidden') },
});

const makeRoute = createRoute({
  method: 'post',
  path: '/v1/webhooks',
  summary: 'Have events sent to an address of yours',
  description:
    'Each event is posted at least once, signed as Standard Webhooks says, and tried eleven times in a day until a 2xx answers. The answer to this shows the secret.',
  security: secured,
  middleware: limitJsonBody,
  request: { body: { ...jsonBody(WebhookOrder), required: true } },
  responses: {
    201: json('The webhook and its secret, shown this one time', MadeWebhook),
    ...refusals(...body, 'unauthorized', 'forbidden', 'too_many_webhooks'),
  },
});

const readRoute = createRoute({
  method: 'get',
  path: '/v1/webhooks/{id}',
  summary: 'Read a webhook',
  security: secured,
  request: { params },
  responses: { 200: json('Without its secrets', WebhookView), ...refusals(...ofOne) },
});

const changeRoute = createRoute({
  method: 'patch',
  path: '/v1/webhooks/{id}',
  summary: 'Change a webhook, or make it active again',
  security: secured,
  middleware: limitJsonBody,
  request: { params, body: { ...jsonBody(WebhookChange), required: true } },
  responses: { 200: json('As it is now', WebhookView), ...refusals(...body, ...ofOne) },
});

const removeRoute = createRoute({
  method: 'delete',
  path: '/v1/webhooks/{id}',
  summary: 'Remove a webhook, and what is on its way there',
  security: secured,
  request: { params },
  responses: { 204: { description: 'It is gone' }, ...refusals(...ofOne) },
});

const rotateRoute = createRoute({
  method: 'post',
  path: '/v1/webhooks/{id}/rotate',
  summary: 'Give a webhook a new secret',
  description: 'For a while the secret before signs too, so that receivers can change theirs in between.',
  security: secured,
  middleware: limitJsonBody,
  request: { params, body: { ...jsonBody(SecretRotation), required: true } },
  responses: {
    200: json('With the new secret, shown this one time', MadeWebhook),
    ...refusals(...body, ...ofOne),
  },
});

const deliveriesRoute = createRoute({
  method: 'get',
  path: '/v1/webhooks/{id}/deliveries',
  summary: 'List what was sent to a webhook or will be, newest first',
  description: 'With the last attempts of each. Deliveries are kept for 30 days.',
  security: secured,
  request: {
    params,
    query: z.object({
      limit: z.coerce.number().int().min(1).max(200).default(50),
      cursor: z.string().max(1024).optional(),
    }),
  },
  responses: { 200: json('A page', DeliveryList), ...refusals('invalid_request', ...ofOne) },
});

const replayRoute = createRoute({
  method: 'post',
  path: '/v1/webhooks/{id}/deliveries/{delivery_id}/replay',
  summary: 'Send it again, with the same webhook-id',
  security: secured,
  request: { params: params.extend({ delivery_id: z.string() }) },
  responses: { 202: { description: 'It is on its way' }, ...refusals(...ofOne, 'delivery_not_found') },
});

const testRoute = createRoute({
  method: 'post',
  path: '/v1/webhooks/{id}/test',
  summary: 'Send a webhook.test, once and now',
  description: 'Answers what came of it, after ten seconds at the latest.',
  security: secured,
  request: { params },
  responses: { 200: json('The delivery with its attempt', DeliveryView), ...refusals(...ofOne) },
});

export function webhookRoutes({ webhooks, clock }: Pick<Services, 'webhooks' | 'clock'>): Router {
  const router = newRouter();

  router.openapi(listRoute, async (c) => {
    const list = await webhooks.list(c.get('principal').tenantId);
    return c.json({ webhooks: list.map((webhook) => webhookView(webhook, clock.now())) }, 200);
  });

  router.openapi(makeRoute, async (c) => {
    const { url, events: eventTypes, active: isActive, description } = c.req.valid('json');
    const wishes: WebhookWishes = { url, eventTypes, isActive, description };
    const { webhook, secret } = await webhooks.make(c.get('principal').tenantId, wishes);
    c.set('audited', { target: webhook.webhookId });
    c.header('cache-control', 'no-store');
    return c.json({ ...webhookView(webhook, clock.now()), secret }, 201);
  });

  router.openapi(readRoute, async (c) => {
    const webhook = await webhooks.read(keyOf(c.get('principal'), c.req.valid('param')));
    return c.json(webhookView(webhook, clock.now()), 200);
  });

  router.openapi(changeRoute, async (c) => {
    const { url, events, active, description } = c.req.valid('json');
    const webhook = await webhooks.change(keyOf(c.get('principal'), c.req.valid('param')), {
      ...(url !== undefined && { url }),
      ...(events && { eventTypes: events }),
      ...(active !== undefined && { isActive: active }),
      ...(description !== undefined && { description }),
    });
    return c.json(webhookView(webhook, clock.now()), 200);
  });

  router.openapi(removeRoute, async (c) => {
    await webhooks.remove(keyOf(c.get('principal'), c.req.valid('param')));
    return c.body(null, 204);
  });

  router.openapi(rotateRoute, async (c) => {
    const key = keyOf(c.get('principal'), c.req.valid('param'));
    const { webhook, secret } = await webhooks.rotate(key, c.req.valid('json').overlap * 1_000);
    c.header('cache-control', 'no-store');
    return c.json({ ...webhookView(webhook, clock.now()), secret }, 200);
  });

  router.openapi(deliveriesRoute, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const key = keyOf(c.get('principal'), c.req.valid('param'));
    const page = await webhooks.deliveries(key, { limit, ...(cursor !== undefined && { cursor }) });
    return c.json(
      { deliveries: page.deliveries.map(deliveryView), next_cursor: page.nextCursor ?? null },
      200,
    );
  });

  router.openapi(replayRoute, async (c) => {
    const { id, delivery_id: deliveryId } = c.req.valid('param');
    await webhooks.replay(keyOf(c.get('principal'), { id }), deliveryId);
    return c.body(null, 202);
  });

  router.openapi(testRoute, async (c) => {
    const delivery = await webhooks.tryOut(keyOf(c.get('principal'), c.req.valid('param')));
    return c.json(deliveryView(delivery), 200);
  });

  return router;
}

function keyOf({ tenantId }: { tenantId: string }, { id }: { id: string }) {
  return { tenantId, webhookId: id };
}
