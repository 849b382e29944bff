import type { Permission, Role } from './permissions.ts';

/** For whom a request speaks, and by what it proved that. */
export interface Principal {
  readonly tenantId: string;
  readonly userId: string;
  readonly role: Role;
  readonly via: Credential;
  /** what the credential allows at most, of what the role allows; undefined allows all of it */
  readonly scopes?: readonly Permission[];
}

export type Credential =
  | { readonly kind: 'key'; readonly keyId: string }
  /** an access token of ours or of an OpenID Connect issuer; the session is known for ours only */
  | { readonly kind: 'token'; readonly sessionId?: string };
