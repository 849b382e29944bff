import type { Permission, Role } from './permissions.ts';

/** API keys as they are kept: never the key itself, only its hash. */
export interface ApiKeys {
  add(key: NewApiKey): Promise<ApiKey>;

  /** All keys of a tenant that are not revoked, also those that have expired; newest first. */
  list(tenantId: string): Promise<ApiKey[]>;

  /** By the id that a key carries, across tenants: this is how the tenant of a key is found. */
  find(keyId: string): Promise<StoredApiKey | undefined>;

  /** @throws Failure `key_not_found` where the tenant has no such key, or no longer */
  revoke(tenantId: string, keyId: string): Promise<void>;

  /** Revokes all keys that a person has made; answers their ids. */
  revokeAllOf(tenantId: string, userId: string): Promise<string[]>;

  /** Notes a use; it may be forgotten by a power cut. */
  used(keyId: string): Promise<void>;
}

export interface ApiKey {
  readonly keyId: string;
  readonly tenantId: string;
  /** who made it; what is sent with it is theirs */
  readonly userId: string;
  /** what it is for, in its maker's words */
  readonly name: string;
  readonly role: Role;
  /** what it allows at most, of what its role allows; undefined allows all of it */
  readonly scopes?: readonly Permission[];
  /** milliseconds */
  readonly createdAt: number;
  /** milliseconds; undefined is until it is revoked */
  readonly expiresAt?: number;
  /** milliseconds, exact to about a minute */
  readonly lastUsedAt?: number;
}

export interface StoredApiKey extends ApiKey {
  /** lower-case hex SHA-256 of the whole key */
  readonly hash: string;
}

export type NewApiKey = Omit<StoredApiKey, 'createdAt' | 'lastUsedAt'>;
