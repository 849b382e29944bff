import type { Permission } from './permissions.ts';

/**
 * What each call asks of whoever makes it. A call that is not listed is closed: it answers as if it were not there.
 *
 * - `open`: nothing
 * - `signed`: whoever has the link, whose signature the handler verifies
 * - `anyone`: any credentials that are good
 * - a permission, of permissions.ts
 */
export interface CallRule {
  readonly asks: 'open' | 'signed' | 'anyone' | Permission;
  /** a good signature in the URL does instead of credentials */
  readonly orSigned?: true;
  /** whoever the path names may do it for himself, without the permission; never by an API key */
  readonly orSelf?: true;
  /** what the path names, where it is something that belongs to a person or a tenant */
  readonly object?: CallObject;
}

/** `image`, and `upload`, an image that is not there yet: of these a permission may reach over one's own only. */
export type CallObject =
  | 'image'
  | 'upload'
  | 'pipeline'
  | 'dead_letter'
  | 'key'
  | 'person'
  | 'invitation'
  | 'signing_key'
  | 'erasure'
  | 'webhook'
  | 'subscription';

const open = { asks: 'open' } as const;
const signed = { asks: 'signed' } as const;

/** Method and path as the OpenAPI document writes them. */
export const callTable: Readonly<Record<string, CallRule>> = {
  'POST /v1/images': { asks: 'images:upload' },
  'GET /v1/images': { asks: 'images:read' },
  'GET /v1/image/{image_id}': { asks: 'images:read', object: 'image' },
  'GET /v1/image/{image_id}/status': { asks: 'images:read', object: 'image' },
  'GET /v1/image/{image_id}/original': { asks: 'images:read', object: 'image', orSigned: true },
  'GET /v1/image/{image_id}/picture': { asks: 'images:read', object: 'image' },
  'POST /v1/image/{image_id}/link': { asks: 'links:make', object: 'image' },
  'POST /v1/image/{image_id}/reprocess': { asks: 'images:change', object: 'image' },
  'DELETE /v1/image/{image_id}': { asks: 'images:erase', object: 'image' },

  'POST /v1/upload': { asks: 'images:upload' },
  'PUT /v1/upload/{image_id}': signed,
  'OPTIONS /v1/resumable': open,
  'POST /v1/resumable': { asks: 'images:upload' },
  'HEAD /v1/resumable/{image_id}': { asks: 'images:upload', object: 'upload', orSigned: true },
  'PATCH /v1/resumable/{image_id}': { asks: 'images:upload', object: 'upload', orSigned: true },
  'POST /v1/resumable/{image_id}': { asks: 'images:upload', object: 'upload', orSigned: true },
  'DELETE /v1/resumable/{image_id}': { asks: 'images:upload', object: 'upload', orSigned: true },

  'GET /v1/events': { asks: 'events:read' },
  'GET /v1/pipelines': { asks: 'pipelines:read' },
  'GET /v1/pipelines/{name}': { asks: 'pipelines:read', object: 'pipeline' },
  'PUT /v1/pipelines/{name}': { asks: 'pipelines:write' },
  'GET /v1/pipelines/{name}/state-machine': { asks: 'pipelines:read', object: 'pipeline' },
  'GET /v1/dead-letters': { asks: 'dead_letters:read' },
  'POST /v1/dead-letters/{id}/redrive': { asks: 'dead_letters:manage', object: 'dead_letter' },
  'DELETE /v1/dead-letters/{id}': { asks: 'dead_letters:manage', object: 'dead_letter' },

  'GET /v1/tenant': { asks: 'tenant:read' },
  'PATCH /v1/tenant': { asks: 'tenant:manage' },
  'POST /v1/tenant/signing-keys': { asks: 'tenant:manage' },
  'POST /v1/tenant/signing-keys/{id}/activate': { asks: 'tenant:manage', object: 'signing_key' },
  'DELETE /v1/tenant/signing-keys/{id}': { asks: 'tenant:manage', object: 'signing_key' },

  'GET /v1/keys': { asks: 'keys:manage' },
  'POST /v1/keys': { asks: 'keys:manage' },
  'DELETE /v1/keys/{id}': { asks: 'keys:manage', object: 'key' },
  'GET /v1/users': { asks: 'users:read' },
  'PATCH /v1/users/{id}': { asks: 'users:manage', object: 'person' },
  'GET /v1/invitations': { asks: 'users:read' },
  'POST /v1/invitations': { asks: 'users:manage' },
  'DELETE /v1/invitations/{id}': { asks: 'users:manage', object: 'invitation' },

  'GET /v1/webhooks': { asks: 'webhooks:manage' },
  'POST /v1/webhooks': { asks: 'webhooks:manage' },
  'GET /v1/webhooks/{id}': { asks: 'webhooks:manage', object: 'webhook' },
  'PATCH /v1/webhooks/{id}': { asks: 'webhooks:manage', object: 'webhook' },
  'DELETE /v1/webhooks/{id}': { asks: 'webhooks:manage', object: 'webhook' },
  'POST /v1/webhooks/{id}/rotate': { asks: 'webhooks:manage', object: 'webhook' },
  'POST /v1/webhooks/{id}/test': { asks: 'webhooks:manage', object: 'webhook' },
  'GET /v1/webhooks/{id}/deliveries': { asks: 'webhooks:manage', object: 'webhook' },
  'POST /v1/webhooks/{id}/deliveries/{delivery_id}/replay': { asks: 'webhooks:manage', object: 'webhook' },
  'GET /v1/subscriptions': { asks: 'webhooks:manage' },
  'POST /v1/subscriptions': { asks: 'webhooks:manage' },
  'DELETE /v1/subscriptions/{id}': { asks: 'webhooks:manage', object: 'subscription' },
  'GET /v1/subscriptions/confirm': open,
  'POST /v1/subscriptions/confirm': open,
  'GET /v1/subscriptions/unsubscribe': open,
  'POST /v1/subscriptions/unsubscribe': open,

  'POST /v1/auth/sign-up': open,
  'POST /v1/auth/verify-email': open,
  'POST /v1/auth/sign-in': open,
  'POST /v1/auth/mfa': open,
  'POST /v1/auth/refresh': open,
  'POST /v1/auth/forgot-password': open,
  'POST /v1/auth/reset-password': open,
  'POST /v1/auth/claim-owner': open,
  'POST /v1/auth/accept-invitation': open,
  'GET /v1/auth/jwks': open,
  'GET /.well-known/jwks.json': open,
  'GET /v1/auth/me': { asks: 'anyone' },
  'POST /v1/auth/sign-out': { asks: 'anyone' },
  'GET /v1/auth/sessions': { asks: 'anyone' },
  'DELETE /v1/auth/sessions/{id}': { asks: 'anyone' },
  'POST /v1/auth/change-password': { asks: 'anyone' },
  'POST /v1/auth/mfa/enable': { asks: 'anyone' },
  'POST /v1/auth/mfa/confirm': { asks: 'anyone' },
  'POST /v1/auth/mfa/recovery-codes': { asks: 'anyone' },
  'POST /v1/auth/mfa/disable': { asks: 'anyone' },

  'GET /v1/users/{id}/export': { asks: 'users:manage', object: 'person', orSelf: true },
  'DELETE /v1/users/{id}': { asks: 'users:manage', object: 'person', orSelf: true },
  'GET /v1/erasures/{id}': { asks: 'users:manage', object: 'erasure' },

  'GET /v1/audit': { asks: 'audit:read' },
  'GET /v1/audit/export': { asks: 'audit:read' },
  'GET /v1/audit/verify': { asks: 'audit:read' },

  'GET /.well-known/darkroom-keys.json': open,
  'GET /i/{image_id}': signed,
  'GET /i/{image_id}/{name}': signed,
  'GET /healthz': open,
  'GET /readyz': open,
  'GET /metrics': open,
  'GET /openapi.json': open,
  'GET /docs': open,
  'GET /docs/{asset}': open,
};

/** The rule of a call; HEAD is as GET where it has no row of its own. */
export function ruleOf(method: string, path: string): CallRule | undefined {
  const own = callTable[`${method} ${path}`];
  return own ?? (method === 'HEAD' ? callTable[`GET ${path}`] : undefined);
}

/** Whether a call is let in by the signature in its URL, which its handler verifies, instead of by credentials. */
export function comesBySignature({ asks, orSigned }: CallRule, query: URLSearchParams): boolean {
  return asks === 'signed' || (orSigned === true && query.has('sig'));
}
