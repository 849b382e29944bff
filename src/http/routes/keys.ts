import { createRoute, z } from '@hono/zod-openapi';
import { issueKey } from '../../identity/issue-key.ts';
import { ApiKeyList, ApiKeyOrder, MadeApiKey } from '../access-schemas.ts';
import { keyView } from '../access-views.ts';
import { limitJsonBody } from '../request-body.ts';
import { json, jsonBody, newRouter, type Router, refusals, secured } from '../router.ts';
import type { Services } from '../services.ts';

const listRoute = createRoute({
  method: 'get',
  path: '/v1/keys',
  summary: 'List the API keys of your tenant',
  description:
    'Newest first, without the keys themselves. The key that comes with the installation is not among them.',
  security: secured,
  responses: { 200: json('The keys', ApiKeyList), ...refusals('unauthorized', 'forbidden') },
});

const makeRoute = createRoute({
  method: 'post',
  path: '/v1/keys',
  summary: 'Make an API key',
  description:
    'It acts for you: what is sent with it is yours, and it never allows more than you may do yourself. Only its hash is kept.',
  security: secured,
  middleware: limitJsonBody,
  request: { body: { ...jsonBody(ApiKeyOrder), required: true } },
  responses: {
    201: json('The key, shown this one time', MadeApiKey),
    ...refusals('invalid_request', 'unauthorized', 'forbidden', 'too_many_keys'),
  },
});

const revokeRoute = createRoute({
  method: 'delete',
  path: '/v1/keys/{id}',
  summary: 'Revoke an API key',
  description:
    'Good for nothing as soon as this answers; in other processes of the same data within ten seconds.',
  security: secured,
  request: { params: z.object({ id: z.string() }) },
  responses: {
    204: { description: 'It is revoked' },
    ...refusals('unauthorized', 'forbidden', 'key_not_found'),
  },
});

export function keyRoutes(services: Pick<Services, 'apiKeys' | 'keys' | 'clock'>): Router {
  const router = newRouter();
  const { apiKeys, keys } = services;

  router.openapi(listRoute, async (c) => {
    const list = await apiKeys.list(c.get('principal').tenantId);
    return c.json({ keys: list.map(keyView) }, 200);
  });

  router.openapi(makeRoute, async (c) => {
    const { name, role, scopes, expires_in: seconds } = c.req.valid('json');
    const { key, stored } = await issueKey(services, c.get('principal'), {
      name,
      role,
      ...(scopes && { scopes }),
      ...(seconds !== undefined && { expiresInMs: seconds * 1000 }),
    });
    c.set('audited', { target: stored.keyId });
    c.header('cache-control', 'no-store');
    return c.json({ ...keyView(stored), key }, 201);
  });

  router.openapi(revokeRoute, async (c) => {
    const { id } = c.req.valid('param');
    await apiKeys.revoke(c.get('principal').tenantId, id);
    keys.forget(id);
    return c.body(null, 204);
  });

  return router;
}
