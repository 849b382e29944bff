import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlledClock, createFakeClock } from '../images/clock.contract.ts';
import type { Leases } from './leases.ts';

export interface LeasesUnderTest {
  readonly leases: Leases;
  close(): Promise<void>;
}

const FOR = 10_000;

/** @param open Leases that nobody has, whose time goes by `clock` */
export function leasesContract(
  name: string,
  open: (clock: ControlledClock) => Promise<LeasesUnderTest>,
): void {
  describe(`${name} keeps the Leases contract`, () => {
    let clock: ControlledClock;
    let opened: LeasesUnderTest;
    beforeEach(async () => {
      clock = createFakeClock();
      opened = await open(clock);
    });
    afterEach(() => opened.close());

    const take = (holder: string, lease = 'relay') => opened.leases.take(lease, holder, FOR);
    const giveBack = (holder: string) => opened.leases.giveBack('relay', holder);

    it('the first who asks has it, the others do not', async () => {
      expect(await take('a')).toBe(true);
      expect(await take('b')).toBe(false);
      expect(await take('c')).toBe(false);
    });

    it('one of many who ask at once has it', async () => {
      const answers = await Promise.all(Array.from({ length: 16 }, (_, number) => take(`holder-${number}`)));
      expect(answers.filter(Boolean)).toHaveLength(1);
    });

    it('who has it keeps it for as long as he asks again', async () => {
      for (let round = 0; round < 5; round += 1) {
        expect(await take('a')).toBe(true);
        await clock.advance(FOR - 1);
        expect(await take('b')).toBe(false);
      }
    });

    it('who asks no more is followed by another', async () => {
      await take('a');
      expect(await take('b')).toBe(false);
      await clock.advance(FOR);
      expect(await take('b')).toBe(true);
      expect(await take('a')).toBe(false);
    });

    it('one of many follows', async () => {
      await take('dead');
      const ask = () => Promise.all(Array.from({ length: 16 }, (_, number) => take(`holder-${number}`)));
      await ask();
      await clock.advance(FOR);
      expect((await ask()).filter(Boolean)).toHaveLength(1);
    });

    it('what is given back is free at once', async () => {
      await take('a');
      await giveBack('a');
      expect(await take('b')).toBe(true);
    });

    it('nobody gives back what somebody else has', async () => {
      await take('a');
      await giveBack('b');
      expect(await take('b')).toBe(false);
      expect(await take('a')).toBe(true);
    });

    it('giving back twice, or what was never taken, is no error', async () => {
      await giveBack('a');
      await take('a');
      await giveBack('a');
      await giveBack('a');
      expect(await take('b')).toBe(true);
    });

    it('each name has its own', async () => {
      expect(await take('a', 'relay')).toBe(true);
      expect(await take('b', 'sweeper')).toBe(true);
      expect(await take('a', 'sweeper')).toBe(false);
    });
  });
}
