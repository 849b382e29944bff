import { Failure } from '../failures.ts';
import type { Identity } from './identity.ts';
import type { Principal } from './principal.ts';
import type { VerifyToken } from './verifier.ts';

/**
 * For whom an access token speaks. A session of ours that was ended since the token was signed counts at once; what the
 * person may do now is for standing.ts to say.
 *
 * @throws Failure `unauthorized`, `identity_provider_unavailable`
 */
export function createTokenReader(
  verify: VerifyToken,
  identity: Pick<Identity, 'isLive'>,
): (token: string) => Promise<Principal> {
  return async (token) => {
    const principal = await verify(token);
    const { userId, via } = principal;
    const sessionId = via.kind === 'token' ? via.sessionId : undefined;
    if (sessionId === undefined || (await identity.isLive({ userId, sessionId }))) return principal;
    throw new Failure('unauthorized', 'This session is over. Sign in again.');
  };
}
