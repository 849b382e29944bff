import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlledClock, createFakeClock } from '../images/clock.contract.ts';
import { type Invitations, invitationHash, type NewInvitation } from './invitations.ts';
import type { Member, Members } from './members.ts';

export interface InvitationsUnderTest {
  readonly invitations: Invitations;
  readonly members: Members;
  close(): Promise<void>;
}

export function invitationsContract(
  name: string,
  open: (clock: ControlledClock) => Promise<InvitationsUnderTest>,
): void {
  describe(`${name} keeps the Invitations contract`, () => {
    let clock: ControlledClock;
    let opened: InvitationsUnderTest;
    let invitations: Invitations;

    beforeEach(async () => {
      clock = createFakeClock();
      opened = await open(clock);
      invitations = opened.invitations;
    });
    afterEach(() => opened.close());

    const add = (token: string, parts: Partial<NewInvitation> = {}) =>
      invitations.add({
        tenantId: 'ours',
        email: `${token}@example.com`,
        role: 'editor',
        invitedBy: 'ada',
        tokenHash: invitationHash(token),
        expiresAt: clock.now() + 1000,
        ...parts,
      });
    const gone = { code: 'invitation_not_found' };

    it('tells what a token invites to, as often as it is asked', async () => {
      await add('bob');
      for (const _ of [1, 2]) {
        const told = await invitations.read('bob');
        expect(told).toEqual({ tenantId: 'ours', role: 'editor', email: 'bob@example.com' });
      }
    });

    it('joins a person once', async () => {
      await add('bob');
      expect(await invitations.accept('bob', { userId: 'u1' })).toEqual({
        tenantId: 'ours',
        role: 'editor',
        email: 'bob@example.com',
      });
      expect(await opened.members.find('u1')).toMatchObject({
        tenantId: 'ours',
        role: 'editor',
        email: 'bob@example.com',
      });
      await expect(invitations.accept('bob', { userId: 'u2' })).rejects.toMatchObject(gone);
      await expect(invitations.read('bob')).rejects.toMatchObject(gone);
      expect(await opened.members.find('u2')).toBeUndefined();
    });

    it('lets one in of many who come at once with one token', async () => {
      await add('bob');
      const all = Array.from({ length: 20 }, (_, n) => invitations.accept('bob', { userId: `u${n}` }));
      const settled = await Promise.allSettled(all);
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await opened.members.list('ours')).toHaveLength(1);
    });

    it('is not used up by somebody who belongs to a tenant already', async () => {
      await opened.members.createTenant({ userId: 'eve' });
      await add('bob');
      const eve = invitations.accept('bob', { userId: 'eve' });
      await expect(eve).rejects.toMatchObject({ code: 'already_member' });
      expect(await invitations.accept('bob', { userId: 'u1' })).toBeTruthy();
    });

    it('ends in time, and is answered as one that never was', async () => {
      const { invitationId } = await add('bob');
      clock.advance(999);
      expect(await invitations.list('ours')).toHaveLength(1);
      clock.advance(1);
      expect(await invitations.list('ours')).toEqual([]);
      const words = async (token: string) =>
        invitations.accept(token, { userId: 'u1' }).catch((error: Error) => error.message);
      expect(await words('bob')).toBe(await words('nobody'));
      await expect(invitations.revoke('ours', invitationId)).rejects.toMatchObject(gone);
    });

    const lessenings: [string, Partial<Pick<Member, 'role' | 'status'>>][] = [
      ['suspended', { status: 'suspended' }],
      ['no owner any more', { role: 'editor' }],
    ];
    for (const [how, change] of lessenings) {
      it(`rests while whoever has sent it is ${how}`, async () => {
        for (const userId of ['ada', 'ben']) {
          await opened.members.join({ tenantId: 'ours', userId, role: 'owner' });
        }
        const sent = await add('bob');
        await opened.members.change('ours', 'ada', change);
        await expect(invitations.read('bob')).rejects.toMatchObject(gone);
        await expect(invitations.accept('bob', { userId: 'u1' })).rejects.toMatchObject(gone);
        expect(await invitations.list('ours')).toEqual([]);
        await opened.members.change('ours', 'ada', { role: 'owner', status: 'active' });
        expect(await invitations.list('ours')).toEqual([sent]);
        expect(await invitations.accept('bob', { userId: 'u1' })).toMatchObject({ role: 'editor' });
      });
    }

    it('lists and revokes those of one tenant, newest first', async () => {
      const first = await add('bob');
      clock.advance(1);
      const second = await add('mia');
      await add('eve', { tenantId: 'theirs' });
      expect(await invitations.list('ours')).toEqual([second, first]);
      await expect(invitations.revoke('theirs', first.invitationId)).rejects.toMatchObject(gone);
      await invitations.revoke('ours', first.invitationId);
      await expect(invitations.revoke('ours', first.invitationId)).rejects.toMatchObject(gone);
      await expect(invitations.read('bob')).rejects.toMatchObject(gone);
      expect(await invitations.list('ours')).toEqual([second]);
    });

    it('replaces an earlier one of the tenant to the same address', async () => {
      await add('old', { email: 'bob@example.com' });
      await add('other', { email: 'bob@example.com', tenantId: 'theirs' });
      await add('new', { email: 'bob@example.com' });
      await expect(invitations.read('old')).rejects.toMatchObject(gone);
      expect(await invitations.read('new')).toBeTruthy();
      expect(await invitations.read('other')).toMatchObject({ tenantId: 'theirs' });
    });
  });
}
