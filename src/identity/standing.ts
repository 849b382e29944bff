import { Failure } from '../failures.ts';
import type { Member, Members } from './members.ts';
import type { Principal } from './principal.ts';

/**
 * What somebody with a good token may do at this moment. Tokens live for minutes and say what was true when they were
 * made; who is suspended, removed or given another role meanwhile is so at once.
 *
 * People who sign in at another issuer are entered as members when they first come. Their role is what the issuer says,
 * not what we keep; whether they are suspended is ours.
 *
 * @throws Failure `unauthorized`
 */
export async function inGoodStanding(
  members: Pick<Members, 'find' | 'join' | 'change' | 'seen'>,
  principal: Principal,
): Promise<Principal> {
  const { tenantId, userId, role, via } = principal;
  const isOurs = via.kind === 'token' && via.sessionId !== undefined;
  const member = (await members.find(userId)) ?? (isOurs ? undefined : await entered(members, principal));
  if (member?.tenantId !== tenantId || member.status !== 'active') {
    throw new Failure('unauthorized', 'This account may not act here, or no longer. Ask an owner.');
  }
  await members.seen(userId).catch(() => {});
  if (isOurs) return { ...principal, role: member.role };
  // Kept for the list of people, and for the API keys that they have made.
  if (member.role !== role) await members.change(tenantId, userId, { role }).catch(ignoreLastOwner);
  return principal;
}

async function entered(
  members: Pick<Members, 'find' | 'join'>,
  principal: Principal,
): Promise<Member | undefined> {
  const { tenantId, userId, role } = principal;
  try {
    return await members.join({ tenantId, userId, role });
  } catch (error) {
    // Two requests at once, the first ones of this person.
    if (error instanceof Failure && error.code === 'already_member') return members.find(userId);
    throw error;
  }
}

function ignoreLastOwner(error: unknown): void {
  if (!(error instanceof Failure && error.code === 'last_owner')) throw error;
}
