import { createRoute, z } from '@hono/zod-openapi';
import { permissionsOf } from '../../identity/access.ts';
import { isoTime } from '../../images/clock.ts';
import {
  ChangePasswordOrder,
  Me,
  MfaConfirmOrder,
  MfaDisableOrder,
  MfaEnableOrder,
  MfaSetup,
  RecoveryCodes,
  RecoveryCodesOrder,
  SessionList,
  SignOutOrder,
} from '../auth-schemas.ts';
import { limitJsonBody } from '../request-body.ts';
import { json, jsonBody, newRouter, type Router, refusals, secured } from '../router.ts';
import type { Services } from '../services.ts';
import { sessionOf } from './auth-answers.ts';

const body = ['invalid_request', 'unsupported_media_type', 'body_too_large'] as const;
const person = ['unauthorized', 'session_required'] as const;
const proof = ['invalid_credentials', 'too_many_attempts', 'overloaded'] as const;

const meRoute = createRoute({
  method: 'get',
  path: '/v1/auth/me',
  summary: 'Who you are, and what these credentials allow',
  security: secured,
  responses: { 200: json('You', Me), ...refusals('unauthorized') },
});

const signOutRoute = createRoute({
  method: 'post',
  path: '/v1/auth/sign-out',
  summary: 'End this session, or all of yours',
  security: secured,
  middleware: limitJsonBody,
  request: { body: jsonBody(SignOutOrder) },
  responses: { 204: { description: 'It is over' }, ...refusals(...body, ...person) },
});

const sessionsRoute = createRoute({
  method: 'get',
  path: '/v1/auth/sessions',
  summary: 'List your sessions, the one used last first',
  security: secured,
  responses: { 200: json('Your sessions', SessionList), ...refusals(...person) },
});

const endSessionRoute = createRoute({
  method: 'delete',
  path: '/v1/auth/sessions/{id}',
  summary: 'End one of your sessions',
  security: secured,
  request: { params: z.object({ id: z.string() }) },
  responses: { 204: { description: 'It is over' }, ...refusals(...person, 'session_not_found') },
});

const changePasswordRoute = createRoute({
  method: 'post',
  path: '/v1/auth/change-password',
  summary: 'Change your password',
  description: 'Ends all your other sessions.',
  security: secured,
  middleware: limitJsonBody,
  request: { body: { ...jsonBody(ChangePasswordOrder), required: true } },
  responses: {
    204: { description: 'The password is set' },
    ...refusals(...body, ...person, ...proof, 'weak_password'),
  },
});

const enableRoute = createRoute({
  method: 'post',
  path: '/v1/auth/mfa/enable',
  summary: 'Begin to set up a second factor',
  description: 'It is on only when a first code has been confirmed.',
  security: secured,
  middleware: limitJsonBody,
  request: { body: { ...jsonBody(MfaEnableOrder), required: true } },
  responses: {
    200: json('What an authenticator needs', MfaSetup),
    ...refusals(...body, ...person, ...proof, 'mfa_already_on'),
  },
});

const confirmRoute = createRoute({
  method: 'post',
  path: '/v1/auth/mfa/confirm',
  summary: 'Turn the second factor on, by a first code',
  description: 'Ends all your other sessions.',
  security: secured,
  middleware: limitJsonBody,
  request: { body: { ...jsonBody(MfaConfirmOrder), required: true } },
  responses: {
    200: json('Codes for when the authenticator is lost', RecoveryCodes),
    ...refusals(...body, ...person, 'code_wrong', 'mfa_not_on', 'mfa_already_on', 'too_many_attempts'),
  },
});

const recoveryCodesRoute = createRoute({
  method: 'post',
  path: '/v1/auth/mfa/recovery-codes',
  summary: 'New recovery codes, in place of all that are left',
  security: secured,
  middleware: limitJsonBody,
  request: { body: { ...jsonBody(RecoveryCodesOrder), required: true } },
  responses: {
    200: json('Codes for when the authenticator is lost', RecoveryCodes),
    ...refusals(...body, ...person, ...proof, 'code_wrong', 'mfa_not_on'),
  },
});

const disableRoute = createRoute({
  method: 'post',
  path: '/v1/auth/mfa/disable',
  summary: 'Turn the second factor off',
  description: 'Ends all your other sessions.',
  security: secured,
  middleware: limitJsonBody,
  request: { body: { ...jsonBody(MfaDisableOrder), required: true } },
  responses: {
    204: { description: 'It is off' },
    ...refusals(...body, ...person, ...proof, 'code_wrong', 'mfa_not_on'),
  },
});

/** What people do with their own account, signed in. */
export function accountRoutes({ identity }: Pick<Services, 'identity'>): Router {
  const router = newRouter();

  router.openapi(meRoute, async (c) => {
    const principal = c.get('principal');
    const { userId, tenantId, role, via } = principal;
    const sessionId = via.kind === 'token' ? via.sessionId : undefined;
    const known = sessionId === undefined ? undefined : await identity.person(userId);
    const about = {
      user_id: userId,
      tenant_id: tenantId,
      role,
      permissions: permissionsOf(principal),
      credential: via.kind,
      ...(sessionId !== undefined && { session_id: sessionId }),
    };
    if (known === undefined) return c.json(about, 200);
    const { email, name, hasMfa: mfa, createdAt } = known;
    return c.json({ ...about, email, name, mfa, created_at: isoTime(createdAt) }, 200);
  });

  router.openapi(signOutRoute, async (c) => {
    const { everywhere = false } = c.req.valid('json') ?? {};
    await identity.signOut(sessionOf(c), everywhere ? 'everywhere' : 'this');
    return c.body(null, 204);
  });

  router.openapi(sessionsRoute, async (c) => {
    const { userId, sessionId: current } = sessionOf(c);
    const list = await identity.sessions(userId);
    const sessions = list.map(({ sessionId, createdAt, lastUsedAt, expiresAt, client }) => ({
      session_id: sessionId,
      current: sessionId === current,
      created_at: isoTime(createdAt),
      last_used_at: isoTime(lastUsedAt),
      expires_at: isoTime(expiresAt),
      ...(client.address !== undefined && { ip: client.address }),
      ...(client.userAgent !== undefined && { user_agent: client.userAgent }),
    }));
    return c.json({ sessions }, 200);
  });

  router.openapi(endSessionRoute, async (c) => {
    const { userId } = sessionOf(c);
    await identity.endSession({ userId, sessionId: c.req.valid('param').id });
    return c.body(null, 204);
  });

  router.openapi(changePasswordRoute, async (c) => {
    const { current_password: current, new_password: next } = c.req.valid('json');
    await identity.changePassword(sessionOf(c), { current, next });
    return c.body(null, 204);
  });

  router.openapi(enableRoute, async (c) => {
    const { userId } = sessionOf(c);
    const setup = await identity.enableMfa(userId, c.req.valid('json').password);
    c.header('cache-control', 'no-store');
    return c.json({ ...setup }, 200);
  });

  router.openapi(confirmRoute, async (c) => {
    const codes = await identity.confirmMfa(sessionOf(c), c.req.valid('json').code);
    c.header('cache-control', 'no-store');
    return c.json({ recovery_codes: [...codes] }, 200);
  });

  router.openapi(recoveryCodesRoute, async (c) => {
    const { userId } = sessionOf(c);
    const codes = await identity.renewRecoveryCodes(userId, c.req.valid('json'));
    c.header('cache-control', 'no-store');
    return c.json({ recovery_codes: [...codes] }, 200);
  });

  router.openapi(disableRoute, async (c) => {
    await identity.disableMfa(sessionOf(c), c.req.valid('json'));
    return c.body(null, 204);
  });

  return router;
}
