import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlledClock, createFakeClock } from '../images/clock.contract.ts';
import type { AuditLog } from './audit-log.ts';
import { genesis, hashOf } from './chain.ts';
import type { Act } from './entry.ts';
import { anAct, read } from './testing/acts.ts';
import { verifyTrail } from './verify-trail.ts';

export interface AuditLogUnderTest {
  readonly audit: AuditLog;
  close(): Promise<void>;
}

/** What every trail keeps to. */
export function auditLogContract(
  name: string,
  open: (clock: ControlledClock) => Promise<AuditLogUnderTest>,
): void {
  describe(`${name} keeps the AuditLog contract`, () => {
    let clock: ControlledClock;
    let opened: AuditLogUnderTest;
    let audit: AuditLog;

    beforeEach(async () => {
      clock = createFakeClock();
      opened = await open(clock);
      audit = opened.audit;
    });
    afterEach(() => opened.close());

    it('numbers and chains what it is told, by tenant', async () => {
      const first = await audit.append(anAct());
      clock.advance(1_000);
      const theirs = await audit.append(anAct({ tenant_id: 'theirs' }));
      const second = await audit.append(anAct({ action: 'image.erase' }));
      expect([first.seq, theirs.seq, second.seq]).toEqual([1, 1, 2]);
      expect(first.previous).toBe(genesis('ours').hash);
      expect(theirs.previous).toBe(genesis('theirs').hash);
      expect(second.previous).toBe(first.hash);
      expect(second.hash).toBe(hashOf(second));
      expect(Date.parse(second.at) - Date.parse(first.at)).toBe(1_000);
      expect(await audit.head('ours')).toEqual({ seq: 2, hash: second.hash });
      expect(await audit.tenants()).toEqual(['ours', 'theirs']);
    });

    it('leaves no gap where many tell it at once', async () => {
      const told = await Promise.all(Array.from({ length: 1_300 }, () => audit.append(anAct())));
      expect(new Set(told.map(({ seq }) => seq)).size).toBe(1_300);
      const { sound, entries } = await verifyTrail('ours', audit.lines('ours'), {
        head: await audit.head('ours'),
      });
      expect({ sound, entries }).toEqual({ sound: true, entries: 1_300 });
    });

    it('has an empty trail for a tenant of whom nothing is known', async () => {
      expect(await audit.list('nobody', { limit: 10 })).toEqual({ entries: [] });
      expect(await read(audit.lines('nobody'))).toEqual([]);
      expect(await audit.head('nobody')).toEqual(genesis('nobody'));
    });

    it('keeps all that an act says', async () => {
      const act: Act = {
        ...anAct(),
        actor: { id: 'anna', role: 'editor', credential: 'key', credential_id: 'k1' },
        outcome: 'refused',
        status: 403,
        code: 'forbidden',
        target: 'k2',
        address: '2001:db8::1',
        request_id: 'r-1',
        details: { images: 3 },
      };
      const entry = await audit.append(act);
      expect((await audit.list('ours', { limit: 1 })).entries).toEqual([entry]);
      expect(entry).toMatchObject(act);
    });

    it('refuses what says more than it may', async () => {
      const odd = { ...anAct(), email: 'anna@example.com' } as Act;
      await expect(audit.append(odd)).rejects.toThrow(/email/);
      expect((await audit.append(anAct())).seq).toBe(1);
    });

    it('lists newest first, in pages that keep their place', async () => {
      for (let number = 0; number < 7; number += 1) await audit.append(anAct());
      const one = await audit.list('ours', { limit: 3 });
      await audit.append(anAct());
      const two = await audit.list('ours', { limit: 3, cursor: one.nextCursor ?? '' });
      const three = await audit.list('ours', { limit: 3, cursor: two.nextCursor ?? '' });
      expect([one, two, three].map(({ entries }) => entries.map(({ seq }) => seq))).toEqual([
        [7, 6, 5],
        [4, 3, 2],
        [1],
      ]);
      expect(three.nextCursor).toBeUndefined();
      await expect(audit.list('ours', { limit: 3, cursor: 'nonsense' })).rejects.toMatchObject({
        code: 'invalid_request',
      });
    });

    it.each([
      [{ actor: 'bert' }, [2]],
      [{ action: 'image.erase' }, [3]],
      [{ imageId: 'image-4' }, [4]],
      [{ outcome: 'refused' as const }, [4]],
      [{ from: 2_000 }, [4, 3]],
      [{ to: 1_000 }, [1]],
      [{ from: 1_000, to: 3_000, actor: 'anna' }, [3]],
      [{ actor: 'nobody' }, []],
    ])('filters by %o', async (filter, expected) => {
      const start = clock.now();
      const acts: Partial<Act>[] = [
        {},
        { actor: { id: 'bert', credential: 'token' } },
        { action: 'image.erase' },
        { image_id: 'image-4', outcome: 'refused' },
      ];
      for (const act of acts) {
        await audit.append(anAct(act));
        clock.advance(1_000);
      }
      await audit.append(anAct({ tenant_id: 'theirs', actor: { id: 'bert', credential: 'token' } }));
      const { from, to, ...rest } = { from: undefined, to: undefined, ...filter };
      const times = {
        ...(from !== undefined && { from: start + from }),
        ...(to !== undefined && { to: start + to }),
      };
      const { entries } = await audit.list('ours', { limit: 10, ...rest, ...times });
      expect(entries.map(({ seq }) => seq)).toEqual(expected);
    });

    it('keeps checkpoints, each once', async () => {
      const checkpoint = {
        v: 1 as const,
        tenant_id: 'ours',
        seq: 3,
        hash: genesis('ours').hash,
        at: '2026-11-20T00:00:00.000Z',
        signature: 'a..b',
      };
      await audit.keepCheckpoint(checkpoint);
      await audit.keepCheckpoint(checkpoint);
      expect(await audit.checkpoints('ours')).toEqual([checkpoint]);
      expect(await audit.checkpoints('theirs')).toEqual([]);
    });
  });
}
