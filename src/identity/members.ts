import type { Role } from './permissions.ts';

/** Who belongs to which tenant, and as what. A person belongs to one tenant at a time. */
export interface Members {
  /** The membership of a person, by whatever tenant it is: this is how the tenant of a person is found. */
  find(userId: string): Promise<Member | undefined>;

  /** The role of a person who may act now; undefined for a stranger and for one who is suspended. */
  roleOf(userId: string): Promise<{ tenantId: string; role: Role } | undefined>;

  /** Adds a person to a tenant. @throws Failure `already_member` where the person belongs to one */
  join(person: NewMember): Promise<Member>;

  /** A new tenant whose owner is this person. @throws Failure `already_member` */
  createTenant(person: Omit<NewMember, 'tenantId' | 'role'>): Promise<Member>;

  /** Everybody of a tenant, in the order in which they came. */
  list(tenantId: string): Promise<Member[]>;

  /**
   * Changes role or status. The last active owner of a tenant stays one.
   * @throws Failure `user_not_found` where the tenant has no such person, `last_owner`
   */
  change(tenantId: string, userId: string, to: MemberChange): Promise<Member>;

  /** Takes a person out of a tenant, for good. @throws Failure `user_not_found`, `last_owner` */
  remove(tenantId: string, userId: string): Promise<void>;

  /** Notes that somebody was there, at most once a minute for each person; it may be forgotten by a power cut. */
  seen(userId: string): Promise<void>;
}

export const memberStatuses = ['active', 'suspended'] as const;
export type MemberStatus = (typeof memberStatuses)[number];

export interface Member {
  readonly tenantId: string;
  readonly userId: string;
  /** as it was when the person joined; undefined where it is not known, as of some who sign in elsewhere */
  readonly email?: string;
  readonly role: Role;
  /** who is suspended may do nothing */
  readonly status: MemberStatus;
  /** milliseconds */
  readonly joinedAt: number;
  /** milliseconds */
  readonly lastSeenAt?: number;
}

export interface NewMember {
  readonly tenantId: string;
  readonly userId: string;
  readonly email?: string;
  readonly role: Role;
}

export interface MemberChange {
  readonly role?: Role;
  readonly status?: MemberStatus;
}
