import { Failure } from '../failures.ts';
import type { Identity } from './identity.ts';

/**
 * People have their accounts with an OpenID Connect issuer, whose access tokens are taken: nothing is kept of them here,
 * so there is nothing to look up and nothing to forget. Keys work as anywhere.
 */
export function accountsElsewhere(): Identity {
  const refuse = () => Promise.reject(notHere());
  return {
    signUp: refuse,
    verifyEmail: refuse,
    signIn: refuse,
    answerChallenge: refuse,
    refresh: refuse,
    signOut: refuse,
    forgotPassword: refuse,
    resetPassword: refuse,
    changePassword: refuse,
    endSession: refuse,
    enableMfa: refuse,
    confirmMfa: refuse,
    disableMfa: refuse,
    renewRecoveryCodes: refuse,
    acceptInvitation: refuse,
    claimOwner: refuse,
    person: async () => undefined,
    sessions: async () => [],
    isLive: async () => false,
    newOwnerToken: async () => undefined,
    remove: async () => {},
    sweep: async () => {},
  };
}

function notHere(): Failure {
  return new Failure(
    'accounts_elsewhere',
    'People sign in with an OpenID Connect issuer here, and send its access token. Set DARKROOM_OIDC_ISSUER to it; machines use API keys.',
  );
}
