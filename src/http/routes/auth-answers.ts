import type { Context } from 'hono';
import { Failure } from '../../failures.ts';
import type { Client, SessionRef, SignedIn } from '../../identity/identity.ts';
import { isoTime } from '../../images/clock.ts';
import type { AppEnv } from '../services.ts';

/** Tokens as they are answered; the trail learns who has got them. */
export function tokensView(c: Context<AppEnv>, signedIn: SignedIn) {
  const { userId, tenantId, role, sessionId } = signedIn;
  c.set('audited', { tenantId, userId, sessionId });
  c.header('cache-control', 'no-store');
  return {
    status: 'signed_in' as const,
    token_type: 'Bearer' as const,
    access_token: signedIn.accessToken,
    expires_in: signedIn.accessTokenLife,
    refresh_token: signedIn.refreshToken,
    refresh_token_expires_at: isoTime(signedIn.refreshTokenExpiresAt),
    user_id: userId,
    tenant_id: tenantId,
    role,
  };
}

/** Where a request comes from; the trail learns who is recognised by it. */
export function clientOf(c: Context<AppEnv>): Client {
  const address = c.get('client')?.address;
  const userAgent = c.req.header('user-agent');
  return {
    ...(address !== undefined && { address }),
    ...(userAgent !== undefined && { userAgent }),
    recognised: (person) => c.set('audited', person),
  };
}

/** The session of ours by which a request is made. @throws Failure `session_required` */
export function sessionOf(c: Context<AppEnv>): SessionRef {
  const { userId, via } = c.get('principal');
  if (via.kind === 'token' && via.sessionId !== undefined) return { userId, sessionId: via.sessionId };
  throw new Failure(
    'session_required',
    'This is for people who have signed in here: send an access token of POST /v1/auth/sign-in.',
  );
}
