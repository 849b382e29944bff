import type { Context, MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';
import { requireOwn, requirePermission } from '../identity/access.ts';
import { type CallRule, comesBySignature, ruleOf } from '../identity/call-table.ts';
import type { Principal } from '../identity/principal.ts';
import { isImageId } from '../images/keys.ts';
import type { AppEnv, Services } from './services.ts';

/**
 * Holds every call to its row in the table of calls. A route that has no row is closed: it answers as if it were not
 * there. Without credentials nobody learns which paths there are under /v1.
 *
 * @param unrouted answers a path that no route takes
 * @param charge counts a call as soon as it is known whose it is. @throws Failure `rate_limited`
 */
export function requireAccess(
  services: Pick<Services, 'authenticate' | 'catalog'>,
  unrouted: (c: Context<AppEnv>) => Response,
  charge: (c: Context<AppEnv>) => void,
): MiddlewareHandler<AppEnv> {
  return createMiddleware<AppEnv>(async (c, next) => {
    const path = documentedPath(c);
    const rule = path === undefined ? undefined : ruleOf(c.req.method, path);
    if (rule && needsNoCredentials(rule, c)) {
      charge(c);
      return await next();
    }
    if (!rule && !c.req.path.startsWith('/v1/')) return unrouted(c);

    const principal = await services.authenticate(c.req.raw);
    c.set('principal', principal);
    charge(c);
    if (!rule || path === undefined) return unrouted(c);
    await assertAllowed(services, { rule, principal, named: (name) => parameter(c.req.path, path, name) });
    return await next();
  });
}

interface Call {
  readonly rule: CallRule;
  readonly principal: Principal;
  /** what the path has in the place of a parameter */
  readonly named: (parameter: string) => string | undefined;
}

/** @throws Failure `forbidden` */
async function assertAllowed(
  { catalog }: Pick<Services, 'catalog'>,
  { rule, principal, named }: Call,
): Promise<void> {
  const { asks } = rule;
  if (asks === 'open' || asks === 'signed' || asks === 'anyone') return;
  const isSelf = principal.via.kind === 'token' && named('id') === principal.userId;
  if (rule.orSelf && isSelf) return;
  const reach = requirePermission(principal, asks);
  const imageId = named('image_id');
  if (reach === 'any' || imageId === undefined || !isImageId(imageId)) return;
  const image = await catalog.read(principal.tenantId, imageId);
  // What the tenant does not have, the handler answers for: with the same words whether another tenant has it.
  if (image) requireOwn(principal, asks, image.record.user_id);
}

function needsNoCredentials(rule: CallRule, c: Context<AppEnv>): boolean {
  return rule.asks === 'open' || comesBySignature(rule, new URL(c.req.url).searchParams);
}

/** The path of the route that will answer, as the OpenAPI document writes it. */
export function documentedPath(c: Context<AppEnv>): string | undefined {
  const route = matchedRoutes(c).find(({ method }) => method !== 'ALL');
  return route?.path.replace(/:([a-z_]+)/g, '{$1}');
}

/** A parameter as the router decodes it: what cannot be decoded is none of our ids. */
export function parameter(path: string, documented: string, name: string): string | undefined {
  const place = documented.split('/').indexOf(`{${name}}`);
  const segment = place < 0 ? undefined : path.split('/')[place];
  try {
    return segment === undefined ? undefined : decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
