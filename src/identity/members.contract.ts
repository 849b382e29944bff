import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlledClock, createFakeClock } from '../images/clock.contract.ts';
import type { MemberChange, Members } from './members.ts';

export interface MembersUnderTest {
  readonly members: Members;
  close(): Promise<void>;
}

const MINUTE = 60_000;

export function membersContract(
  name: string,
  open: (clock: ControlledClock) => Promise<MembersUnderTest>,
): void {
  describe(`${name} keeps the Members contract`, () => {
    let clock: ControlledClock;
    let opened: MembersUnderTest;
    let members: Members;

    beforeEach(async () => {
      clock = createFakeClock();
      opened = await open(clock);
      members = opened.members;
    });
    afterEach(() => opened.close());

    it('gives who founds a tenant a new one, as its owner', async () => {
      const ada = await members.createTenant({ userId: 'ada', email: 'ada@example.com' });
      const bob = await members.createTenant({ userId: 'bob' });
      expect(ada).toMatchObject({ userId: 'ada', email: 'ada@example.com', role: 'owner', status: 'active' });
      expect(ada.joinedAt).toBe(clock.now());
      expect(ada.tenantId).toMatch(/^[\w.-]{8,64}$/);
      expect(bob.tenantId).not.toBe(ada.tenantId);
      expect(await members.find('ada')).toEqual(ada);
      expect(await members.roleOf('ada')).toEqual({ tenantId: ada.tenantId, role: 'owner' });
    });

    it('knows nothing of strangers', async () => {
      expect(await members.find('nobody')).toBeUndefined();
      expect(await members.roleOf('nobody')).toBeUndefined();
      await members.seen('nobody');
      expect(await members.list('none')).toEqual([]);
    });

    it('has a person in one tenant at a time', async () => {
      await members.join({ tenantId: 'ours', userId: 'ada', role: 'viewer' });
      for (const tenantId of ['ours', 'theirs']) {
        const again = members.join({ tenantId, userId: 'ada', role: 'owner' });
        await expect(again).rejects.toMatchObject({ code: 'already_member' });
      }
      await expect(members.createTenant({ userId: 'ada' })).rejects.toMatchObject({ code: 'already_member' });
      expect(await members.roleOf('ada')).toEqual({ tenantId: 'ours', role: 'viewer' });
    });

    it('lists the people of one tenant, in the order in which they came', async () => {
      for (const userId of ['zoe', 'ada', 'mia']) {
        await members.join({ tenantId: 'ours', userId, role: 'editor' });
        clock.advance(1);
      }
      await members.join({ tenantId: 'theirs', userId: 'eve', role: 'owner' });
      expect((await members.list('ours')).map(({ userId }) => userId)).toEqual(['zoe', 'ada', 'mia']);
    });

    it('changes role and status; who is suspended has no role', async () => {
      await members.join({ tenantId: 'ours', userId: 'ada', role: 'viewer' });
      expect(await members.change('ours', 'ada', { role: 'analyst' })).toMatchObject({ role: 'analyst' });
      expect(await members.change('ours', 'ada', { status: 'suspended' })).toMatchObject({
        role: 'analyst',
        status: 'suspended',
      });
      expect(await members.roleOf('ada')).toBeUndefined();
      await members.change('ours', 'ada', { status: 'active' });
      expect(await members.roleOf('ada')).toEqual({ tenantId: 'ours', role: 'analyst' });
    });

    const downs: [what: string, to: MemberChange][] = [
      ['another role', { role: 'editor' }],
      ['being suspended', { status: 'suspended' }],
    ];
    it.each(downs)('keeps the last active owner from %s', async (_what, to) => {
      const { tenantId } = await members.createTenant({ userId: 'ada' });
      await members.join({ tenantId: 'theirs', userId: 'eve', role: 'owner' });
      await members.join({ tenantId, userId: 'bob', role: 'owner' });
      await members.change(tenantId, 'bob', { status: 'suspended' });
      await expect(members.change(tenantId, 'ada', to)).rejects.toMatchObject({ code: 'last_owner' });
      await expect(members.remove(tenantId, 'ada')).rejects.toMatchObject({ code: 'last_owner' });
      await members.change(tenantId, 'bob', { status: 'active' });
      expect(await members.change(tenantId, 'ada', to)).toMatchObject(to);
    });

    it('removes people for good', async () => {
      await members.join({ tenantId: 'ours', userId: 'ada', role: 'viewer' });
      await members.remove('ours', 'ada');
      expect(await members.find('ada')).toBeUndefined();
      expect(await members.join({ tenantId: 'theirs', userId: 'ada', role: 'owner' })).toBeTruthy();
    });

    it('notes who was there, about once a minute', async () => {
      await members.join({ tenantId: 'ours', userId: 'ada', role: 'viewer' });
      const lastSeen = async () => (await members.find('ada'))?.lastSeenAt;
      expect(await lastSeen()).toBeUndefined();
      const first = clock.now();
      await members.seen('ada');
      clock.advance(MINUTE - 1);
      await members.seen('ada');
      expect(await lastSeen()).toBe(first);
      clock.advance(1);
      await members.seen('ada');
      expect(await lastSeen()).toBe(first + MINUTE);
    });

    it('keeps tenants apart', async () => {
      await members.join({ tenantId: 'theirs', userId: 'eve', role: 'viewer' });
      const tries = [
        () => members.change('ours', 'eve', { role: 'owner' }),
        () => members.change('ours', 'nobody', { role: 'owner' }),
        () => members.remove('ours', 'eve'),
        () => members.remove('ours', 'nobody'),
      ];
      for (const each of tries) await expect(each()).rejects.toMatchObject({ code: 'user_not_found' });
      expect(await members.roleOf('eve')).toEqual({ tenantId: 'theirs', role: 'viewer' });
    });
  });
}
