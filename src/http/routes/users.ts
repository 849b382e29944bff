import { createRoute, z } from '@hono/zod-openapi';
import { Failure } from '../../failures.ts';
import { requireGrant } from '../../identity/access.ts';
import { invite } from '../../identity/invite.ts';
import {
  InvitationList,
  InvitationOrder,
  InvitationView,
  UserChange,
  UserList,
  UserView,
} from '../access-schemas.ts';
import { invitationView, userView } from '../access-views.ts';
import { limitJsonBody } from '../request-body.ts';
import { json, jsonBody, newRouter, type Router, refusals, secured } from '../router.ts';
import type { Services } from '../services.ts';

const IdParams = z.object({ id: z.string() });

const listRoute = createRoute({
  method: 'get',
  path: '/v1/users',
  summary: 'List the people of your tenant',
  security: secured,
  responses: {
    200: json('Everybody, in the order in which they came', UserList),
    ...refusals('unauthorized', 'forbidden'),
  },
});

const changeRoute = createRoute({
  method: 'patch',
  path: '/v1/users/{id}',
  summary: 'Change the role of a person, or suspend somebody',
  description:
    'What the API keys of the person allow shrinks with it. A tenant keeps at least one owner who is not suspended.',
  security: secured,
  middleware: limitJsonBody,
  request: { params: IdParams, body: { ...jsonBody(UserChange), required: true } },
  responses: {
    200: json('The person', UserView),
    ...refusals('invalid_request', 'unauthorized', 'forbidden', 'user_not_found', 'last_owner'),
  },
});

const invitationsRoute = createRoute({
  method: 'get',
  path: '/v1/invitations',
  summary: 'List the invitations that can still be accepted',
  security: secured,
  responses: { 200: json('Newest first', InvitationList), ...refusals('unauthorized', 'forbidden') },
});

const inviteRoute = createRoute({
  method: 'post',
  path: '/v1/invitations',
  summary: 'Invite somebody into your tenant, by mail',
  description: 'Good once, for seven days. Another one to the same address takes its place.',
  security: secured,
  middleware: limitJsonBody,
  request: { body: { ...jsonBody(InvitationOrder), required: true } },
  responses: {
    201: json('The invitation; its link is in the mail only', InvitationView),
    ...refusals('invalid_request', 'unauthorized', 'forbidden', 'too_many_invitations'),
  },
});

const revokeRoute = createRoute({
  method: 'delete',
  path: '/v1/invitations/{id}',
  summary: 'Take an invitation back',
  security: secured,
  request: { params: IdParams },
  responses: {
    204: { description: 'It can no longer be accepted' },
    ...refusals('unauthorized', 'forbidden', 'invitation_not_found'),
  },
});

type Needs = Pick<Services, 'members' | 'invitations' | 'sendInvitation' | 'keys' | 'clock'>;

export function userRoutes(services: Needs): Router {
  const router = newRouter();
  const { members, invitations, keys } = services;

  router.openapi(listRoute, async (c) => {
    const people = await members.list(c.get('principal').tenantId);
    return c.json({ users: people.map(userView) }, 200);
  });

  router.openapi(changeRoute, async (c) => {
    const principal = c.get('principal');
    const { tenantId } = principal;
    const { id } = c.req.valid('param');
    const { role, status } = c.req.valid('json');
    const before = await members.find(id);
    if (before?.tenantId !== tenantId) {
      throw new Failure('user_not_found', `There is no person ${id.slice(0, 64)} here.`);
    }
    // Neither up to more than one has oneself, nor down those who have more.
    for (const grant of [before.role, role ?? before.role]) requireGrant(principal, { role: grant });
    const after = await members.change(tenantId, id, { ...(role && { role }), ...(status && { status }) });
    keys.forgetMaker(id);
    return c.json(userView(after), 200);
  });

  router.openapi(invitationsRoute, async (c) => {
    const open = await invitations.list(c.get('principal').tenantId);
    return c.json({ invitations: open.map(invitationView) }, 200);
  });

  router.openapi(inviteRoute, async (c) => {
    const invitation = await invite(services, c.get('principal'), c.req.valid('json'));
    c.set('audited', { target: invitation.invitationId });
    return c.json(invitationView(invitation), 201);
  });

  router.openapi(revokeRoute, async (c) => {
    await invitations.revoke(c.get('principal').tenantId, c.req.valid('param').id);
    return c.body(null, 204);
  });

  return router;
}
