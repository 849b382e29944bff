import { z } from '@hono/zod-openapi';
import { memberStatuses } from '../identity/members.ts';
import { permissions, roles } from '../identity/permissions.ts';

/** The schemas of keys, people and invitations, with the names that they have in the OpenAPI document. */

const RoleName = z.enum(roles).openapi('Role');
const PermissionName = z.enum(permissions).openapi('Permission');

export const ApiKeyOrder = z
  .strictObject({
    name: z.string().trim().min(1).max(100).describe('what it is for: shown in the list'),
    role: RoleName.describe('at most what you may do yourself'),
    scopes: z
      .array(PermissionName)
      .min(1)
      .max(permissions.length)
      .optional()
      .describe('only these of what the role allows; all of it where absent'),
    expires_in: z
      .number()
      .int()
      .min(60)
      .max(315_360_000)
      .optional()
      .describe('seconds; good until it is revoked where absent'),
  })
  .openapi('ApiKeyOrder');

export const ApiKeyView = z
  .object({
    id: z.string().describe('part of the key, no secret'),
    prefix: z.string().describe('how the key begins'),
    name: z.string(),
    user_id: z.string().describe('who made it: it never allows more than this person may do now'),
    role: RoleName,
    scopes: z.array(PermissionName).nullable().describe('null is all that the role allows'),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable(),
    last_used_at: z.iso.datetime().nullable().describe('exact to about a minute'),
  })
  .openapi('ApiKey');

export const MadeApiKey = ApiKeyView.extend({ key: z.string().describe('never shown again') }).openapi(
  'MadeApiKey',
);

export const ApiKeyList = z.object({ keys: z.array(ApiKeyView) }).openapi('ApiKeyList');

const Status = z.enum(memberStatuses);

export const UserView = z
  .object({
    user_id: z.string(),
    email: z.string().nullable(),
    role: RoleName,
    status: Status.describe('who is suspended may do nothing'),
    joined_at: z.iso.datetime(),
    last_seen_at: z.iso.datetime().nullable().describe('exact to about a minute'),
  })
  .openapi('User');

export const UserList = z.object({ users: z.array(UserView) }).openapi('UserList');

export const UserChange = z
  .strictObject({ role: RoleName.optional(), status: Status.optional() })
  .refine((change) => Object.keys(change).length > 0, { error: 'names nothing to change' })
  .openapi('UserChange');

export const InvitationOrder = z
  .strictObject({
    email: z.email().max(254).toLowerCase(),
    role: RoleName.describe('at most what you may do yourself'),
  })
  .openapi('InvitationOrder');

export const InvitationView = z
  .object({
    id: z.string(),
    email: z.string(),
    role: RoleName,
    invited_by: z.string(),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
  })
  .openapi('Invitation');

export const InvitationList = z.object({ invitations: z.array(InvitationView) }).openapi('InvitationList');
