import { createHash, randomUUID } from 'node:crypto';
import { v7 } from 'uuid';
import { z } from 'zod';
import { Failure, isFailure } from '../../failures.ts';
import {
  type Accepted,
  type Invitation,
  type Invitations,
  invitationHash,
} from '../../identity/invitations.ts';
import { roles } from '../../identity/permissions.ts';
import type { Clock } from '../../images/clock.ts';
import { canBeKey } from './dynamo-asked.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { attributes, type Item, type Key, keyOf, text } from './dynamo-items.ts';
import { joining, mayInvite, memberKey, stillMayInvite } from './dynamo-member-items.ts';
import { backOff } from './dynamo-pauses.ts';
import { type Condition, getItem, getItems, IS_NEW, IS_THERE, itemsOf } from './dynamo-requests.ts';
import { ttlAt } from './dynamo-times.ts';
import { check, put, remove, type Step, transact } from './dynamo-transact.ts';

const Stored = z.object({
  invitationId: z.string(),
  tenantId: z.string(),
  email: z.string(),
  role: z.enum(roles),
  invitedBy: z.string(),
  createdAt: z.int(),
  expiresAt: z.int(),
});

const MOST_ROUNDS = 10;

/** Somebody else invited the same address since it was looked at. */
class InvitedAgain extends Error {}

/**
 * An invitation is an item by the hash of its token, a mark among those of its tenant, and one by its address, of which
 * a tenant has one. What is accepted, revoked or too old is deleted: an address is not kept longer than it is needed.
 */
export function createDynamoInvitations(table: DynamoTable, clock: Clock): Invitations {
  /** Those that are not too old, and whose sender may still invite. */
  async function standing(invitations: readonly Invitation[]): Promise<Invitation[]> {
    const inviters = new Set(invitations.map(({ invitedBy }) => invitedBy).filter(canBeKey));
    const found = await getItems(table, [...inviters].map(memberKey));
    const byKey = new Map(found.map((item) => [keyOf(item).pk, item]));
    const now = clock.now();
    return invitations.filter(
      ({ tenantId, invitedBy, expiresAt }) =>
        expiresAt > now && mayInvite(tenantId, byKey.get(memberKey(invitedBy).pk)),
    );
  }

  /** Whatever has become of its sender. */
  async function readAny(hash: string): Promise<Invitation> {
    const item = await getItem(table, tokenKey(hash));
    const invitation = item && invitationFrom(item);
    if (invitation && invitation.expiresAt > clock.now()) return invitation;
    throw usedUp();
  }

  async function read(hash: string): Promise<Invitation> {
    const [invitation] = await standing([await readAny(hash)]);
    if (invitation) return invitation;
    throw usedUp();
  }

  async function add(invitation: Invitation, tokenHash: string): Promise<void> {
    const byAddress = addressKey(invitation);
    const before = await getItem(table, byAddress);
    const id = invitation.invitationId;
    const place = attributes({ hash: tokenHash, ttl: ttlAt(invitation.expiresAt) });
    const isStill: Condition = before
      ? { expression: 'id = :before', values: attributes({ ':before': text(before, 'id') }) }
      : IS_NEW;
    await transact(table, () => [
      put({ ...attributes({ ...byAddress, id }), ...place }, isStill, (found) =>
        found?.id?.S === id ? undefined : new InvitedAgain(),
      ),
      put({
        ...attributes({ ...tokenKey(tokenHash), body: JSON.stringify(invitation) }),
        ...place,
      }),
      put({ ...attributes({ ...markKey(invitation.tenantId, id) }), ...place }),
      ...(before
        ? [remove(tokenKey(text(before, 'hash'))), remove(markKey(invitation.tenantId, text(before, 'id')))]
        : []),
    ]);
  }

  return {
    async add({ tokenHash, ...rest }) {
      const now = clock.now();
      const invitation = { ...rest, invitationId: v7({ msecs: now }), createdAt: now };
      for (let round = 1; ; round += 1) {
        try {
          await add(invitation, tokenHash);
          return invitation;
        } catch (error) {
          if (!(error instanceof InvitedAgain)) throw error;
          await backOff(round, MOST_ROUNDS, error);
        }
      }
    },

    async list(tenantId) {
      const items = await invitationsOf(table, tenantId);
      return standing(items.map(invitationFrom).reverse());
    },

    async revoke(tenantId, invitationId) {
      const gone = notFound(invitationId);
      const mark = canBeKey(invitationId) && (await getItem(table, markKey(tenantId, invitationId)));
      if (!mark) throw gone;
      const hash = text(mark, 'hash');
      const invitation = await readAny(hash).catch((error: unknown) => {
        throw isFailure(error, 'invitation_not_found') ? gone : error;
      });
      await transact(table, () => endingSteps(invitation, hash, () => gone));
    },

    read: async (token) => accepted(await read(invitationHash(token))),

    async accept(token, { userId }) {
      const hash = invitationHash(token);
      const invitation = await read(hash);
      const { tenantId, role, email } = invitation;
      const { steps } = joining({ tenantId, userId, email, role }, clock.now(), randomUUID());
      // Joining comes first: it knows an earlier try of its own.
      await transact(table, () => [
        ...steps,
        ...endingSteps(invitation, hash, usedUp),
        ...senderSteps(invitation, userId),
      ]);
      return accepted(invitation);
    },
  };
}

/** The items of a tenant's invitations, oldest first, also of those that are too old. */
export async function invitationsOf(table: DynamoTable, tenantId: string): Promise<Item[]> {
  const marks = await itemsOf(table, { partition: marksOf(tenantId) });
  return getItems(
    table,
    marks.map((mark) => tokenKey(text(mark, 'hash'))),
  );
}

/** Removes those of a tenant that are meant; answers how many. */
export async function removeInvitations(
  table: DynamoTable,
  tenantId: string,
  isMeant: (invitation: Invitation) => boolean,
): Promise<number> {
  let removed = 0;
  for (const item of await invitationsOf(table, tenantId)) {
    const invitation = invitationFrom(item);
    if (!isMeant(invitation)) continue;
    const hash = text(item, 'hash');
    try {
      await transact(table, () => endingSteps(invitation, hash, usedUp));
      removed += 1;
    } catch (error) {
      // Somebody else ended it first.
      if (!isFailure(error, 'invitation_not_found')) throw error;
    }
  }
  return removed;
}

/** The steps that end an invitation; `refused` makes what they throw where it has ended already. */
function endingSteps(invitation: Invitation, hash: string, refused: () => Failure): Step[] {
  const { tenantId, invitationId } = invitation;
  const isOurs = {
    expression: 'attribute_not_exists(pk) OR id = :id',
    values: attributes({ ':id': invitationId }),
  };
  return [
    remove(tokenKey(hash), IS_THERE, refused),
    remove(markKey(tenantId, invitationId)),
    remove(addressKey(invitation), isOurs, refused),
  ];
}

/** The sender may still invite when it is accepted. Who accepts an own one is no member, by another step already. */
function senderSteps({ tenantId, invitedBy }: Invitation, userId: string): Step[] {
  if (invitedBy === userId || !canBeKey(invitedBy)) return [];
  return [check(memberKey(invitedBy), stillMayInvite(tenantId), usedUp)];
}

function invitationFrom(item: Item): Invitation {
  return Stored.parse(JSON.parse(text(item, 'body')));
}

const marksOf = (tenantId: string) => `invitations#${tenantId}`;

function markKey(tenantId: string, invitationId: string): Key {
  return { pk: marksOf(tenantId), sk: invitationId };
}

function tokenKey(hash: string): Key {
  return { pk: `invitation#${hash}`, sk: 'invitation' };
}

/** By a digest, as an address may be long. */
function addressKey({ tenantId, email }: Pick<Invitation, 'tenantId' | 'email'>): Key {
  const digest = createHash('sha256')
    .update(JSON.stringify([tenantId, email]))
    .digest('base64url');
  return { pk: `invited#${digest}`, sk: 'invited' };
}

function accepted({ tenantId, role, email }: Invitation): Accepted {
  return { tenantId, role, email };
}

function usedUp(): Failure {
  return new Failure(
    'invitation_not_found',
    'This invitation is not known, was used already or is too old. Ask for another one.',
  );
}

function notFound(invitationId: string): Failure {
  return new Failure(
    'invitation_not_found',
    `There is no invitation ${invitationId.slice(0, 64)} that could still be accepted.`,
  );
}
