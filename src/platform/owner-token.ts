import type { Platform } from './platform.ts';

/** A new token for the first owner, made from outside the service; undefined where there is an owner. */
export async function newOwnerToken(platform: Platform): Promise<string | undefined> {
  const identity = await platform.openIdentity({
    signUpMode: 'closed',
    mint: () => Promise.reject(new Error('nobody signs in by a tool')),
    wakeMail: () => {},
    serviceName: () => 'Darkroom',
  });
  return identity.newOwnerToken();
}
