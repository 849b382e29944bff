import { isFailure } from '../failures.ts';
import type { ApiKeys } from '../identity/api-keys.ts';
import type { Identity } from '../identity/identity.ts';
import type { KeyVerifier } from '../identity/key-verifier.ts';
import type { Member, Members } from '../identity/members.ts';
import type { SubscriptionStore } from '../notices/subscriptions/subscription.ts';
import type { PersonKeeper } from './erasure.ts';

export interface PersonKeeperDeps {
  readonly identity: Pick<Identity, 'person' | 'sessions' | 'remove'>;
  readonly members: Pick<Members, 'find' | 'remove'>;
  readonly apiKeys: Pick<ApiKeys, 'revokeAllOf'>;
  readonly keys: Pick<KeyVerifier, 'forgetMaker'>;
  readonly subscriptionStore: Pick<SubscriptionStore, 'removeAddress'>;
  /** Forgets mails that were sent to an address and are still kept here; answers how many. */
  readonly forgetMails: (address: string) => Promise<number>;
}

/** What is kept of people besides their images, in the order in which it is to go: first what lets them in. */
export function personKeepers({
  identity,
  members,
  apiKeys,
  keys,
  subscriptionStore,
  forgetMails,
}: PersonKeeperDeps): PersonKeeper[] {
  return [
    {
      async forget({ tenantId, userId }) {
        const revoked = await apiKeys.revokeAllOf(tenantId, userId);
        keys.forgetMaker(userId);
        return { api_keys: revoked.length };
      },
    },
    {
      async textsOf({ tenantId, userId }) {
        const member = await members.find(userId);
        if (isElsewhere(member, tenantId)) return [];
        const person = await identity.person(userId);
        return [...new Set([person?.email, member?.email].filter((text) => text !== undefined))];
      },
      async forget({ tenantId, userId }, texts) {
        const member = await members.find(userId);
        // Who belongs to another tenant by now has an account that is not this tenant's to delete.
        if (isElsewhere(member, tenantId)) return {};
        const person = await identity.person(userId);
        const sessions = person ? (await identity.sessions(userId)).length : 0;
        if (person) await identity.remove(userId);
        const isMember = member !== undefined && (await isRemoved(members, tenantId, userId));
        let [mails, subscriptions] = [0, 0];
        for (const address of texts) {
          subscriptions += await subscriptionStore.removeAddress(tenantId, address);
          mails += await forgetMails(address);
        }
        const memberships = isMember ? 1 : 0;
        return { accounts: person ? 1 : 0, sessions, memberships, subscriptions, mails };
      },
    },
  ];
}

function isElsewhere(member: Member | undefined, tenantId: string): boolean {
  return member !== undefined && member.tenantId !== tenantId;
}

async function isRemoved(
  members: Pick<Members, 'remove'>,
  tenantId: string,
  userId: string,
): Promise<boolean> {
  try {
    await members.remove(tenantId, userId);
    return true;
  } catch (error) {
    if (isFailure(error, 'user_not_found')) return false;
    throw error;
  }
}
