import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditLog } from '../audit/audit-log.ts';
import { anAct } from '../audit/testing/acts.ts';
import type { Invitations } from '../identity/invitations.ts';
import type { Members } from '../identity/members.ts';
import type { Catalog } from '../images/catalog.ts';
import { type ControlledClock, createFakeClock } from '../images/clock.contract.ts';
import { anImage, changed } from '../images/testing/images.ts';
import type { Erasures, SignedReceipt } from './erasure.ts';

export interface ErasuresUnderTest {
  readonly erasures: Erasures;
  readonly catalog: Catalog;
  readonly members: Members;
  readonly invitations: Invitations;
  readonly audit: AuditLog;
  close(): Promise<void>;
}

const who = { tenantId: 'ours', userId: 'anna-of-this-contract' };
const DAY = 24 * 3_600_000;

/** What every place of erasures does. */
export function erasuresContract(
  name: string,
  open: (clock: ControlledClock) => Promise<ErasuresUnderTest>,
): void {
  describe(`${name} keeps the Erasures contract`, () => {
    let clock: ControlledClock;
    let opened: ErasuresUnderTest;
    let erasures: Erasures;

    beforeEach(async () => {
      clock = createFakeClock();
      opened = await open(clock);
      erasures = opened.erasures;
    });
    afterEach(() => opened.close());

    const image = () => anImage(clock.now(), { user_id: who.userId });

    it('has one erasure of a person at a time', async () => {
      const begun = await erasures.begin(who, 'boss');
      expect(begun).toMatchObject({ ...who, askedBy: 'boss', askedAt: clock.now() });
      expect(await erasures.begin(who, 'somebody else')).toEqual(begun);
      expect(await erasures.find('ours', begun.erasureId)).toEqual(begun);
      expect(await erasures.find('theirs', begun.erasureId)).toBeUndefined();
      clock.advance(1);
      const other = await erasures.begin({ ...who, tenantId: 'theirs' }, 'boss');
      expect(await erasures.unfinished()).toEqual([begun, other]);
    });

    it('begins one where many ask at once', async () => {
      const asked = await Promise.all(Array.from({ length: 6 }, () => erasures.begin(who, 'boss')));
      expect(new Set(asked.map(({ erasureId }) => erasureId)).size).toBe(1);
    });

    it('lets nothing be stored for the person from then on, and for a while after', async () => {
      await opened.catalog.create(image());
      const { erasureId } = await erasures.begin(who, 'boss');
      await expect(opened.catalog.create(image())).rejects.toMatchObject({ code: 'forbidden' });
      expect(await opened.catalog.create(anImage(clock.now(), { user_id: 'bert' }))).toBeTruthy();
      await finish(erasureId);
      await expect(opened.catalog.create(image())).rejects.toMatchObject({ code: 'forbidden' });
      clock.advance(DAY);
      expect(await opened.catalog.create(image())).toBeTruthy();
    });

    it('finds the images of the person that are no tombstones', async () => {
      const [one, other] = [await opened.catalog.create(image()), await opened.catalog.create(image())];
      await opened.catalog.create(anImage(clock.now(), { user_id: 'bert' }));
      await opened.catalog.replace(one.stored, changed(one.stored, { status: 'erased', user_id: '' }), []);
      expect(await erasures.imagesOf(who, 10)).toEqual([other.stored]);
      expect(await erasures.imagesOf({ ...who, tenantId: 'theirs' }, 10)).toEqual([]);
    });

    it('keeps notes of what is to be destroyed, and of what was', async () => {
      const { erasureId } = await erasures.begin(who, 'boss');
      const [b, a] = [
        { imageId: 'b', objects: 3, bytes: 10, sha256: 'ab' },
        { imageId: 'a', objects: 0, bytes: 0 },
      ];
      await erasures.doom(erasureId, [b, a]);
      await erasures.doom(erasureId, [{ ...b, objects: 1 }]);
      expect(await erasures.doomed(erasureId)).toEqual([a, b]);
      const at = clock.now();
      await erasures.erased(who, erasureId, 'b');
      clock.advance(5);
      await erasures.erased(who, erasureId, 'b');
      expect(await erasures.doomed(erasureId)).toEqual([a, { ...b, erasedAt: at }]);
      await erasures.noteDestroyed(erasureId, { sessions: 2, mails: 0 });
      await erasures.noteDestroyed(erasureId, { sessions: 1 });
      expect(await erasures.destroyed(erasureId)).toEqual({ sessions: 3, mails: 0 });
    });

    it('keeps texts until they are dropped', async () => {
      const { erasureId } = await erasures.begin(who, 'boss');
      await erasures.noteTexts(erasureId, ['anna@example.com']);
      await erasures.noteTexts(erasureId, ['anna@example.com', 'a@example.com']);
      expect((await erasures.texts(erasureId)).toSorted()).toEqual(['a@example.com', 'anna@example.com']);
      await erasures.dropTexts(erasureId);
      expect(await erasures.texts(erasureId)).toEqual([]);
    });

    it('forgets invitations that the person has sent', async () => {
      for (const [hash, invitedBy] of [
        ['aa', who.userId],
        ['bb', 'boss'],
      ] as const) {
        await opened.invitations.add({
          ...{ tenantId: 'ours', email: `${hash}@example.com`, role: 'viewer', invitedBy },
          ...{ tokenHash: hash.repeat(32), expiresAt: clock.now() + DAY },
        });
      }
      await erasures.begin(who, 'boss');
      expect(await erasures.scrub(who)).toEqual({ invitations: 1 });
      expect((await opened.invitations.list('ours')).map(({ invitedBy }) => invitedBy)).toEqual(['boss']);
    });

    it('finds what is left of the person, and nothing where nothing is', async () => {
      const erasure = await erasures.begin(who, 'boss');
      expect(await erasures.search(erasure, ['anna@example.com'])).toEqual([]);
      const theirs = { userId: 'bert', email: 'anna@example.com', role: 'viewer', tenantId: 'ours' } as const;
      await opened.members.join({ ...theirs, userId: who.userId });
      expect(await erasures.search(erasure, [])).not.toEqual([]);
      await opened.members.remove('ours', who.userId);
      await opened.invitations.add({
        ...{ tenantId: 'ours', email: 'Anna@Example.com', role: 'viewer', invitedBy: 'boss' },
        ...{ tokenHash: 'cc'.repeat(32), expiresAt: clock.now() + DAY },
      });
      expect(await erasures.search(erasure, ['anna@example.com'])).not.toEqual([]);
      expect(await erasures.search(erasure, ['nna@example.com'])).toEqual([]);
    });

    it('leaves no tenant without an owner', async () => {
      const { tenantId } = await opened.members.createTenant({ userId: who.userId });
      const theirs = { ...who, tenantId };
      await expect(erasures.begin(theirs, 'boss')).rejects.toMatchObject({ code: 'last_owner' });
      await opened.members.join({ tenantId, userId: 'bert', role: 'owner' });
      await erasures.begin(theirs, 'boss');
      await expect(erasures.begin({ tenantId, userId: 'bert' }, 'boss')).rejects.toMatchObject({
        code: 'last_owner',
      });
      await expect(opened.members.remove(tenantId, 'bert')).rejects.toMatchObject({ code: 'last_owner' });
      await opened.members.remove(tenantId, who.userId);
      await expect(opened.members.remove(tenantId, 'bert')).rejects.toMatchObject({ code: 'last_owner' });
    });

    it('finishes once, with its receipt and an entry in the trail', async () => {
      const { erasureId } = await erasures.begin(who, 'boss');
      await erasures.fail(erasureId, 'a fault');
      expect(await erasures.find('ours', erasureId)).toMatchObject({ fault: 'a fault' });
      const receipt = await finish(erasureId);
      await finish(erasureId);
      const finished = await erasures.find('ours', erasureId);
      expect(finished).toMatchObject({ finishedAt: clock.now(), receipt });
      expect(finished).not.toHaveProperty('fault');
      expect(await erasures.unfinished()).toEqual([]);
      expect((await opened.audit.list('ours', { limit: 9 })).entries).toHaveLength(1);
      expect((await erasures.begin(who, 'boss')).erasureId).not.toBe(erasureId);
    });

    async function finish(erasureId: string): Promise<SignedReceipt> {
      const times = { asked_at: '2026-11-20T00:00:00.000Z', finished_at: '2026-11-20T00:00:01.000Z' };
      const receipt: SignedReceipt = {
        receipt: {
          ...{ v: 1, erasure_id: erasureId, tenant_id: 'ours', user_id: who.userId, asked_by: 'boss' },
          ...{ ...times, images: [], destroyed: {}, searched: [], found: 0 },
        },
        signature: 'a..b',
      };
      await erasures.finish(erasureId, receipt, anAct({ action: 'user.erased', target: who.userId }));
      return receipt;
    }
  });
}
