import { Failure } from '../failures.ts';
import type { KeyVerifier } from '../identity/key-verifier.ts';
import type { Members } from '../identity/members.ts';
import type { Principal } from '../identity/principal.ts';
import { inGoodStanding } from '../identity/standing.ts';

export interface AuthenticationDeps {
  readonly keys: Pick<KeyVerifier, 'verify'>;
  readonly members: Members;
  /** For whom an access token speaks; without it there are only keys. @throws Failure `unauthorized` */
  readonly readToken?: (token: string) => Promise<Principal>;
}

/** For whom a request speaks: by an API key or by an access token. @throws Failure `unauthorized` */
export function createAuthentication({ keys, members, readToken }: AuthenticationDeps) {
  return async (request: Request): Promise<Principal> => {
    const credential = bearerToken(request);
    if (!readToken || !isToken(credential)) return await keys.verify(credential);
    return await inGoodStanding(members, await readToken(credential));
  };
}

/** A JWT (RFC 7519) begins with a JSON object in base64url, and has dots; no key that is made here has. */
function isToken(credential: string): boolean {
  return /^ey[\w-]*\.[\w-]*\.[\w-]*$/.test(credential);
}

const BEARER = /^Bearer +([\x21-\x7e]{1,8192}) *$/i;

/** @throws Failure `unauthorized` */
function bearerToken(request: Request): string {
  const [, token] = BEARER.exec(request.headers.get('authorization') ?? '') ?? [];
  if (token !== undefined) return token;
  throw new Failure('unauthorized', 'Credentials are missing. Send them as Authorization: Bearer {key}.');
}
