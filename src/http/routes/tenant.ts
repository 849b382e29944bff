import { createRoute, z } from '@hono/zod-openapi';
import { Failure } from '../../failures.ts';
import { patchedSettings } from '../../tenants/patch.ts';
import { newKey, withKey, withKeyActivated, withoutKey } from '../../tenants/signing-keys.ts';
import { matchesNone, mayContinue } from '../conditional.ts';
import { limitJsonBody } from '../request-body.ts';
import { json, jsonBody, newRouter, type Router, refusals, secured } from '../router.ts';
import type { Services } from '../services.ts';
import {
  MadeSigningKey,
  SigningKeyOrder,
  SigningKeyRotation,
  SigningKeyView,
  TenantChange,
  TenantView,
} from '../tenant-schemas.ts';
import { keyView, tenantTag, tenantView } from '../tenant-view.ts';

const KeyParams = z.object({ id: z.string().max(64).openapi({ example: 'k3f2a9c04e1b7' }) });
const tagged = { headers: z.object({ etag: z.string() }) };

const readRoute = createRoute({
  method: 'get',
  path: '/v1/tenant',
  summary: 'Read the settings of your tenant',
  security: secured,
  request: { headers: z.object({ 'if-none-match': z.string().optional() }) },
  responses: {
    200: { ...json('The settings', TenantView), ...tagged },
    304: { description: 'You have them already' },
    ...refusals('unauthorized'),
  },
});

const changeRoute = createRoute({
  method: 'patch',
  path: '/v1/tenant',
  summary: 'Change the settings of your tenant',
  description:
    'A JSON merge patch (RFC 7396): what is not named stays, null gives a setting its default back. Signing keys have calls of their own.',
  security: secured,
  middleware: limitJsonBody,
  request: {
    headers: z.object({
      'if-match': z.string().optional().describe('changes only the settings that had this entity tag'),
    }),
    body: { ...jsonBody(TenantChange), required: true },
  },
  responses: {
    200: { ...json('The settings as they are now', TenantView), ...tagged },
    ...refusals('invalid_request', 'unauthorized', 'stale_write', 'precondition_failed'),
  },
});

const addKeyRoute = createRoute({
  method: 'post',
  path: '/v1/tenant/signing-keys',
  summary: 'Make a signing key',
  description:
    'Its secret is shown this one time. Links that the other keys have signed stay good: until their key is removed, or until it ends.',
  security: secured,
  middleware: limitJsonBody,
  request: { body: { ...jsonBody(SigningKeyOrder), required: false } },
  responses: {
    201: json('The key, with its secret', MadeSigningKey),
    ...refusals('invalid_request', 'unauthorized', 'too_many_signing_keys', 'stale_write'),
  },
});

const activateKeyRoute = createRoute({
  method: 'post',
  path: '/v1/tenant/signing-keys/{id}/activate',
  summary: 'Let a signing key sign new links',
  security: secured,
  middleware: limitJsonBody,
  request: { params: KeyParams, body: { ...jsonBody(SigningKeyRotation), required: false } },
  responses: {
    200: json('The key', SigningKeyView),
    ...refusals('invalid_request', 'unauthorized', 'signing_key_not_found', 'stale_write'),
  },
});

const removeKeyRoute = createRoute({
  method: 'delete',
  path: '/v1/tenant/signing-keys/{id}',
  summary: 'Remove a signing key; the links that it has signed are good for nothing any more',
  security: secured,
  request: { params: KeyParams },
  responses: {
    204: { description: 'It is gone' },
    ...refusals('unauthorized', 'signing_key_not_found', 'signing_key_active', 'stale_write'),
  },
});

export function tenantRoutes({ tenants, clock }: Pick<Services, 'tenants' | 'clock'>): Router {
  const router = newRouter();

  router.openapi(readRoute, async (c) => {
    const tenant = await tenants.read(c.get('principal').tenantId);
    const tag = tenantTag(tenant);
    c.header('etag', tag);
    if (matchesNone(c.req.valid('header')['if-none-match'], tag)) return c.body(null, 304);
    return c.json(tenantView(tenant, clock.now()), 200);
  });

  router.openapi(changeRoute, async (c) => {
    const { tenantId } = c.get('principal');
    const patch = c.req.valid('json');
    const expected = await expectedVersion(tenants, tenantId, c.req.valid('header')['if-match']);
    const tenant = await tenants.change(tenantId, (before) => patchedSettings(before, patch), expected);
    c.header('etag', tenantTag(tenant));
    return c.json(tenantView(tenant, clock.now()), 200);
  });

  router.openapi(addKeyRoute, async (c) => {
    const { make_active: makesActive = true, ...rotation } = c.req.valid('json');
    const now = clock.now();
    const key = newKey(now);
    const { settings } = await tenants.change(c.get('principal').tenantId, (before) => {
      const added = withKey(before, key, now);
      return makesActive ? withKeyActivated(added, key.id, { now, ...endOf(rotation) }) : added;
    });
    c.set('audited', { target: key.id });
    return c.json({ ...keyView(keyIn(settings.signing_keys, key.id)), secret: key.secret }, 201);
  });

  router.openapi(activateKeyRoute, async (c) => {
    const { id } = c.req.valid('param');
    const rotation = { now: clock.now(), ...endOf(c.req.valid('json')) };
    const { settings } = await tenants.change(c.get('principal').tenantId, (before) =>
      withKeyActivated(before, id, rotation),
    );
    return c.json(keyView(keyIn(settings.signing_keys, id)), 200);
  });

  router.openapi(removeKeyRoute, async (c) => {
    const { id } = c.req.valid('param');
    await tenants.change(c.get('principal').tenantId, (before) => withoutKey(before, id, clock.now()));
    return c.body(null, 204);
  });

  return router;
}

function endOf({ previous_ends_in: seconds }: z.infer<typeof SigningKeyRotation>) {
  return seconds === undefined ? {} : { previousEndsIn: seconds * 1000 };
}

function keyIn<Key extends { readonly id: string }>(keys: readonly Key[], id: string): Key {
  const found = keys.find((key) => key.id === id);
  if (found) return found;
  throw new Error(`signing key ${id} was just written and is not there`);
}

/** @throws Failure `precondition_failed` where the settings have another tag by now */
async function expectedVersion(
  tenants: Services['tenants'],
  tenantId: string,
  ifMatch: string | undefined,
): Promise<number | undefined> {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  const tenant = await tenants.read(tenantId);
  if (mayContinue(ifMatch, tenantTag(tenant))) return tenant.version;
  throw new Failure(
    'precondition_failed',
    `The settings have the entity tag ${tenantTag(tenant)}, not the one in If-Match. Read them again, then repeat the change.`,
  );
}
