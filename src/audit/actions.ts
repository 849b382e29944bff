/**
 * What the trail calls each call of the HTTP API. Whatever changes something is recorded, and whatever gives out what is
 * personal: originals, exports, the trail itself. Of the others only refusals are.
 */
export interface RecordedCall {
  readonly action: string;
  /** `always`, or only where it was refused */
  readonly when: 'always' | 'refused';
  /** the parameter of the path that names what it is done to; an image is always named */
  readonly target?: 'id' | 'name';
}

const always = (action: string, target?: 'id' | 'name'): RecordedCall => ({
  action,
  when: 'always',
  ...(target && { target }),
});
const ifRefused = (action: string, target?: 'id' | 'name'): RecordedCall => ({
  ...always(action, target),
  when: 'refused',
});

/** Method and path as the OpenAPI document writes them. */
export const recordedCalls: Readonly<Record<string, RecordedCall>> = {
  'POST /v1/images': always('image.upload'),
  'GET /v1/images': ifRefused('image.list'),
  'GET /v1/image/{image_id}': ifRefused('image.read'),
  'GET /v1/image/{image_id}/status': ifRefused('image.read'),
  'GET /v1/image/{image_id}/picture': ifRefused('image.read'),
  'GET /v1/image/{image_id}/original': always('original.read'),
  'POST /v1/image/{image_id}/link': always('image.link'),
  'POST /v1/image/{image_id}/reprocess': always('image.reprocess'),
  'DELETE /v1/image/{image_id}': always('image.erase'),

  'POST /v1/upload': always('upload.reserve'),
  'PUT /v1/upload/{image_id}': always('image.upload'),
  'POST /v1/resumable': always('upload.begin'),
  'HEAD /v1/resumable/{image_id}': ifRefused('upload.read'),
  'PATCH /v1/resumable/{image_id}': always('upload.continue'),
  'POST /v1/resumable/{image_id}': always('upload.continue'),
  'DELETE /v1/resumable/{image_id}': always('upload.abandon'),

  'GET /v1/events': ifRefused('events.follow'),
  'GET /v1/pipelines': ifRefused('pipeline.read'),
  'GET /v1/pipelines/{name}': ifRefused('pipeline.read', 'name'),
  'GET /v1/pipelines/{name}/state-machine': ifRefused('pipeline.read', 'name'),
  'PUT /v1/pipelines/{name}': always('pipeline.write', 'name'),
  'GET /v1/dead-letters': ifRefused('dead_letter.list'),
  'POST /v1/dead-letters/{id}/redrive': always('dead_letter.redrive', 'id'),
  'DELETE /v1/dead-letters/{id}': always('dead_letter.drop', 'id'),

  'GET /v1/tenant': ifRefused('tenant.read'),
  'PATCH /v1/tenant': always('tenant.change'),
  'POST /v1/tenant/signing-keys': always('signing_key.add'),
  'POST /v1/tenant/signing-keys/{id}/activate': always('signing_key.activate', 'id'),
  'DELETE /v1/tenant/signing-keys/{id}': always('signing_key.remove', 'id'),

  'GET /v1/keys': ifRefused('key.list'),
  'POST /v1/keys': always('key.make'),
  'DELETE /v1/keys/{id}': always('key.revoke', 'id'),
  'GET /v1/users': ifRefused('user.list'),
  'PATCH /v1/users/{id}': always('user.change', 'id'),
  'GET /v1/users/{id}/export': always('user.export', 'id'),
  'DELETE /v1/users/{id}': always('user.erase', 'id'),
  'GET /v1/erasures/{id}': always('erasure.read', 'id'),
  'GET /v1/invitations': ifRefused('invitation.list'),
  'POST /v1/invitations': always('invitation.send'),
  'DELETE /v1/invitations/{id}': always('invitation.revoke', 'id'),

  'GET /v1/webhooks': ifRefused('webhook.list'),
  'POST /v1/webhooks': always('webhook.make'),
  'GET /v1/webhooks/{id}': ifRefused('webhook.read', 'id'),
  'PATCH /v1/webhooks/{id}': always('webhook.change', 'id'),
  'DELETE /v1/webhooks/{id}': always('webhook.remove', 'id'),
  'POST /v1/webhooks/{id}/rotate': always('webhook.rotate', 'id'),
  'POST /v1/webhooks/{id}/test': always('webhook.test', 'id'),
  'GET /v1/webhooks/{id}/deliveries': ifRefused('webhook.deliveries', 'id'),
  'POST /v1/webhooks/{id}/deliveries/{delivery_id}/replay': always('webhook.replay', 'id'),
  'GET /v1/subscriptions': ifRefused('subscription.list'),
  'POST /v1/subscriptions': always('subscription.make'),
  'DELETE /v1/subscriptions/{id}': always('subscription.remove', 'id'),
  'GET /v1/subscriptions/confirm': ifRefused('subscription.confirm'),
  'POST /v1/subscriptions/confirm': always('subscription.confirm'),
  'GET /v1/subscriptions/unsubscribe': ifRefused('subscription.end'),
  'POST /v1/subscriptions/unsubscribe': always('subscription.end'),

  'GET /v1/audit': always('audit.read'),
  'GET /v1/audit/export': always('audit.export'),
  'GET /v1/audit/verify': always('audit.verify'),
};

const AUTH = '/v1/auth/';

/**
 * How a call is recorded. What the table does not know is recorded by its method, so that a new call that was forgotten
 * here leaves a trace too; of what signs people in and out, everything is.
 *
 * @param path as the OpenAPI document writes it; undefined where no route took the request
 */
export function recordedCall(method: string, path: string | undefined): RecordedCall {
  const known = path === undefined ? undefined : recordedCalls[`${method} ${path}`];
  if (known) return known;
  if (method === 'HEAD') return { ...recordedCall('GET', path), when: 'refused' };
  if (path?.startsWith(AUTH)) return authCall(method, path);
  if (path === undefined) return ifRefused('unknown.call');
  return method === 'GET' || method === 'OPTIONS' ? ifRefused('other.read') : always('other.change');
}

/** `POST /v1/auth/sign-in` is `auth.sign_in`; `DELETE /v1/auth/sessions/{id}` is `auth.sessions.delete`. */
function authCall(method: string, path: string): RecordedCall {
  const words = path
    .slice(AUTH.length)
    .split('/')
    .filter((word) => !word.startsWith('{'));
  const name = ['auth', ...words].join('.').replaceAll('-', '_').toLowerCase();
  if (method === 'GET') return ifRefused(`${name}.read`);
  return always(method === 'POST' ? name : `${name}.${method.toLowerCase()}`);
}
