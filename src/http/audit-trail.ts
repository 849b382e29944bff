import type { Context, MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import { type RecordedCall, recordedCall } from '../audit/actions.ts';
import { type Act, type Actor, type Outcome, SERVICE_TRAIL } from '../audit/entry.ts';
import { Failure } from '../failures.ts';
import type { Principal } from '../identity/principal.ts';
import { isImageId } from '../images/keys.ts';
import { documentedPath, parameter } from './call-access.ts';
import { failureFrom } from './problem.ts';
import type { AppEnv, Services } from './services.ts';

/** What only the handler of a call knows and the trail should: whom it recognised or signed in, in which tenant. */
export interface Audited {
  readonly tenantId?: string;
  readonly userId?: string;
  readonly sessionId?: string;
  /** an id of ours, of a person, a key, an invitation */
  readonly target?: string;
}

/**
 * Tells the trail who did what, by the table in audit/actions.ts, before the answer is sent. What gives something out
 * and cannot be recorded is not given out.
 *
 * Goes around the check of credentials, so that their refusals are seen.
 */
export function withTrail(services: Pick<Services, 'trail' | 'catalog'>): MiddlewareHandler<AppEnv> {
  return createMiddleware<AppEnv>(async (c, next) => {
    const tenantOfLink = await tenantOfSigned(c, services);
    await next();
    const path = documentedPath(c);
    const call = recordedCall(c.req.method, path);
    const ending = endingOf(c);
    if (!isRecorded(call, ending)) return;
    const address = c.get('client')?.address;
    const kept = await services.trail.record({
      ...who(c, ending.outcome === 'refused' ? undefined : tenantOfLink),
      action: call.action,
      ...ending,
      ...whatWasMeant(c, call, path, ending.outcome),
      request_id: c.get('requestId'),
      ...(address !== undefined && { address }),
    });
    if (kept === 'lost' && c.req.method === 'GET' && ending.outcome === 'allowed') {
      await c.res.body?.cancel();
      // Nothing of its headers may stay with the refusal.
      c.res = undefined;
      throw new Failure('storage_unavailable', 'The trail cannot be written just now. Try again later.');
    }
  });
}

interface Ending {
  readonly outcome: Outcome;
  readonly status: number;
  readonly code?: string;
}

/** By a rule: who is not known, may not, or came too often. */
const REFUSALS = new Set([401, 403, 429]);

function endingOf({ res: { status }, error }: Context<AppEnv>): Ending {
  if (status < 400) return { outcome: 'allowed', status };
  const outcome = REFUSALS.has(status) ? 'refused' : 'failed';
  return { outcome, status, ...(error && { code: failureFrom(error).code }) };
}

/** What is shed when there is too much must cost nothing; only of those who guess passwords it is worth knowing. */
function isRecorded({ action, when }: RecordedCall, { outcome, status }: Ending): boolean {
  if (status === 503) return false;
  if (status === 429) return action.startsWith('auth.');
  return when === 'always' || outcome === 'refused';
}

function who(c: Context<AppEnv>, tenantOfLink: string | undefined): Pick<Act, 'tenant_id' | 'actor'> {
  const principal: Principal | undefined = c.get('principal');
  if (principal) return { tenant_id: principal.tenantId, actor: actorOf(principal) };
  const { tenantId, userId, sessionId }: Audited = c.get('audited') ?? {};
  if (tenantId !== undefined && userId !== undefined) {
    if (sessionId === undefined) return { tenant_id: tenantId, actor: { id: userId, credential: 'none' } };
    return { tenant_id: tenantId, actor: { id: userId, credential: 'token', credential_id: sessionId } };
  }
  if (tenantOfLink === undefined) {
    return { tenant_id: tenantId ?? SERVICE_TRAIL, actor: { id: 'anonymous', credential: 'none' } };
  }
  return { tenant_id: tenantOfLink, actor: { id: 'anonymous', credential: 'signature' } };
}

function actorOf({ userId, role, via }: Principal): Actor {
  const credentialId = via.kind === 'key' ? via.keyId : via.sessionId;
  return {
    id: userId,
    role,
    credential: via.kind,
    ...(credentialId !== undefined && { credential_id: credentialId }),
  };
}

/** Ids look like this; what else stands in a path may be anything, an address of a letter box or a secret too. */
const ID = /^[A-Za-z0-9_-]{1,64}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function whatWasMeant(
  c: Context<AppEnv>,
  { target }: RecordedCall,
  path: string | undefined,
  outcome: Outcome,
): Pick<Act, 'image_id' | 'target'> {
  const named = (name: string) => (path === undefined ? undefined : parameter(c.req.path, path, name));
  const imageId = named('image_id') ?? madeImage(c);
  const object = c.get('audited')?.target ?? (target && named(target));
  // Where nothing was found, nobody knows whether it is an id at all.
  const isId = object !== undefined && (outcome === 'allowed' ? ID : UUID).test(object);
  return {
    ...(imageId !== undefined && isImageId(imageId) && { image_id: imageId }),
    ...(isId && { target: object }),
  };
}

/** What was made is the last segment of its `Location`. */
function madeImage({ res }: Context<AppEnv>): string | undefined {
  const location = res.headers.get('location');
  return location?.split('?')[0]?.split('/').at(-1);
}

/** Whose image a signed link is about; read first, because the call may erase it. */
async function tenantOfSigned(
  c: Context<AppEnv>,
  { catalog }: Pick<Services, 'catalog'>,
): Promise<string | undefined> {
  if (!c.req.url.includes('sig=')) return undefined;
  const imageId = c.req.path.split('/').find(isImageId);
  return imageId && (await catalog.readForDelivery(imageId))?.record.tenant_id;
}
