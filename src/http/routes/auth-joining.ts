import { createRoute } from '@hono/zod-openapi';
import { AcceptanceOrder, ClaimOrder, KeySet, Tokens } from '../auth-schemas.ts';
import { limitJsonBody } from '../request-body.ts';
import { json, jsonBody, newRouter, type Router, refusals } from '../router.ts';
import type { Services } from '../services.ts';
import { clientOf, tokensView } from './auth-answers.ts';

const body = ['invalid_request', 'unsupported_media_type', 'body_too_large'] as const;

const claimRoute = createRoute({
  method: 'post',
  path: '/v1/auth/claim-owner',
  summary: 'Become the first owner, by the link that the first start printed',
  description: '`darkroom owner-link` makes a new link as long as there is no owner.',
  middleware: limitJsonBody,
  request: { body: { ...jsonBody(ClaimOrder), required: true } },
  responses: {
    201: json('Tokens of the owner', Tokens),
    ...refusals(...body, 'token_invalid', 'weak_password', 'already_registered'),
  },
});

const acceptRoute = createRoute({
  method: 'post',
  path: '/v1/auth/accept-invitation',
  summary: 'Join a tenant by an invitation, with a new account',
  description: 'The account has the address that the invitation was sent to, and needs no other mail.',
  middleware: limitJsonBody,
  request: { body: { ...jsonBody(AcceptanceOrder), required: true } },
  responses: {
    201: json('Tokens', Tokens),
    ...refusals(...body, 'invitation_not_found', 'weak_password', 'already_registered', 'sign_up_closed'),
  },
});

const keySet = { 200: json('Keys that our access tokens can be checked with', KeySet) };
const keySetRoute = createRoute({
  method: 'get',
  path: '/v1/auth/jwks',
  summary: 'Public keys of access tokens',
  responses: keySet,
});
const wellKnownRoute = createRoute({
  method: 'get',
  path: '/.well-known/jwks.json',
  summary: 'Public keys of access tokens, where others look for them',
  responses: keySet,
});

/** Shorter than a new key is published before it signs. */
const KEY_SET_CACHE = 'public, max-age=300';

/** First owners and invited people, and the keys by which others can check whom we have let in. */
export function joiningRoutes({ identity, tokenKeySet }: Pick<Services, 'identity' | 'tokenKeySet'>): Router {
  const router = newRouter();

  router.openapi(claimRoute, async (c) => {
    return c.json(tokensView(c, await identity.claimOwner(c.req.valid('json'), clientOf(c))), 201);
  });

  router.openapi(acceptRoute, async (c) => {
    return c.json(tokensView(c, await identity.acceptInvitation(c.req.valid('json'), clientOf(c))), 201);
  });

  router.openapi(keySetRoute, async (c) => {
    c.header('cache-control', KEY_SET_CACHE);
    return c.json(await publicKeys(), 200);
  });

  router.openapi(wellKnownRoute, async (c) => {
    c.header('cache-control', KEY_SET_CACHE);
    return c.json(await publicKeys(), 200);
  });

  async function publicKeys(): Promise<{ keys: Record<string, unknown>[] }> {
    const { keys } = await tokenKeySet();
    return { keys: keys.map((key) => ({ ...key })) };
  }

  return router;
}
