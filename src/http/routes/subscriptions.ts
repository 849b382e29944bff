import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { SubscriptionKey } from '../../notices/subscriptions/subscription.ts';
import { SubscriptionList, SubscriptionOrder, SubscriptionView } from '../notice-schemas.ts';
import { subscriptionView } from '../notice-views.ts';
import { limitJsonBody } from '../request-body.ts';
import { json, jsonBody, newRouter, type Router, refusals, secured } from '../router.ts';
import type { AppEnv, Services } from '../services.ts';

const listRoute = createRoute({
  method: 'get',
  path: '/v1/subscriptions',
  summary: 'List who is told by mail',
  security: secured,
  responses: { 200: json('The subscriptions', SubscriptionList), ...refusals('unauthorized', 'forbidden') },
});

const makeRoute = createRoute({
  method: 'post',
  path: '/v1/subscriptions',
  summary: 'Have somebody told by mail what becomes of images',
  description:
    'Your own address is told from now on. Any other one first gets a link, and nothing else until somebody has followed it.',
  security: secured,
  middleware: limitJsonBody,
  request: { body: { ...jsonBody(SubscriptionOrder), required: true } },
  responses: {
    201: json('The subscription', SubscriptionView),
    ...refusals('invalid_request', 'unsupported_media_type', 'body_too_large'),
    ...refusals('unauthorized', 'forbidden', 'too_many_subscriptions'),
  },
});

const removeRoute = createRoute({
  method: 'delete',
  path: '/v1/subscriptions/{id}',
  summary: 'Tell somebody nothing more',
  security: secured,
  request: { params: z.object({ id: z.string() }) },
  responses: {
    204: { description: 'It is gone' },
    ...refusals('unauthorized', 'forbidden', 'subscription_not_found'),
  },
});

const query = z.object({ token: z.string().max(1_024).describe('from the link in the mail') });
const page = { description: 'A page', content: { 'text/html': { schema: z.string() } } };

const confirmPageRoute = createRoute({
  method: 'get',
  path: '/v1/subscriptions/confirm',
  summary: 'A page with a button that confirms an address',
  description: 'Programs that look into mails follow links: looking at this changes nothing.',
  request: { query },
  responses: { 200: page, ...refusals('invalid_request') },
});

const confirmRoute = createRoute({
  method: 'post',
  path: '/v1/subscriptions/confirm',
  summary: 'Confirm an address, by the link in a mail',
  request: { query },
  responses: { 200: page, ...refusals('invalid_request', 'token_invalid') },
});

const unsubscribePageRoute = createRoute({
  method: 'get',
  path: '/v1/subscriptions/unsubscribe',
  summary: 'A page with a button that ends a subscription',
  request: { query },
  responses: { 200: page, ...refusals('invalid_request') },
});

const unsubscribeRoute = createRoute({
  method: 'post',
  path: '/v1/subscriptions/unsubscribe',
  summary: 'End a subscription, by the link in a mail (RFC 8058)',
  request: { query },
  responses: { 200: page, ...refusals('invalid_request', 'token_invalid') },
});

export function subscriptionRoutes({
  subscriptions,
  identity,
}: Pick<Services, 'subscriptions' | 'identity'>): Router {
  const router = newRouter();

  router.openapi(listRoute, async (c) => {
    const list = await subscriptions.list(c.get('principal').tenantId);
    return c.json({ subscriptions: list.map(subscriptionView) }, 200);
  });

  router.openapi(makeRoute, async (c) => {
    const { tenantId, userId } = c.get('principal');
    const { email: address, events: eventTypes, mode, interval } = c.req.valid('json');
    const own = (await identity.person(userId))?.email.toLowerCase();
    const wishes = { address, eventTypes, mode, intervalMs: interval * 1_000 };
    const made = await subscriptions.make(tenantId, wishes, own === address);
    c.set('audited', { target: made.subscriptionId });
    return c.json(subscriptionView(made), 201);
  });

  router.openapi(removeRoute, async (c) => {
    await subscriptions.remove(c.get('principal').tenantId, c.req.valid('param').id);
    return c.body(null, 204);
  });

  router.openapi(confirmPageRoute, (c) => question(c, 'Do you want to be told by mail?', 'Yes'));
  router.openapi(confirmRoute, async (c) => {
    noteIn(c, await subscriptions.confirm(c.req.valid('query').token));
    return c.html(pageOf('You will be told by mail.'), 200);
  });
  router.openapi(unsubscribePageRoute, (c) => question(c, 'Do you want no more of these mails?', 'No more'));
  router.openapi(unsubscribeRoute, async (c) => {
    noteIn(c, await subscriptions.unsubscribe(c.req.valid('query').token));
    return c.html(pageOf('You will get no more of these mails.'), 200);
  });

  return router;
}

/** For the trail: no credentials say whose it is. */
function noteIn(c: Context<AppEnv>, { tenantId, subscriptionId }: SubscriptionKey): void {
  c.set('audited', { tenantId, target: subscriptionId });
}

/** A form that posts to the very address of the page. */
function question(c: Context<AppEnv>, words: string, button: string) {
  c.header(
    'content-security-policy',
    "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  );
  return c.html(pageOf(words, `<form method="post"><button>${button}</button></form>`), 200);
}

function pageOf(words: string, form = ''): string {
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Darkroom</title></head><body><p>${words}</p>${form}</body></html>\n`;
}
