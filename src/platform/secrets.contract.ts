import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlledClock, createFakeClock } from '../images/clock.contract.ts';
import type { Secrets } from './platform.ts';

export interface SecretsUnderTest {
  readonly secrets: Secrets;
  close(): Promise<void>;
}

/** What every store of small lasting values does. */
export function secretsContract(
  name: string,
  open: (clock: ControlledClock) => Promise<SecretsUnderTest>,
): void {
  describe(`${name} keeps the Secrets contract`, () => {
    let opened: SecretsUnderTest;
    let secrets: Secrets;

    beforeEach(async () => {
      opened = await open(createFakeClock());
      secrets = opened.secrets;
    });
    afterEach(() => opened.close());

    it('keeps what was made first', async () => {
      expect(await secrets.getOrCreate('one', () => 'first')).toEqual({ value: 'first', created: true });
      expect(await secrets.getOrCreate('one', () => 'second')).toEqual({ value: 'first', created: false });
    });

    it('keeps each name apart', async () => {
      await secrets.getOrCreate('one', () => 'first');
      expect(await secrets.getOrCreate('other', () => 'second')).toEqual({ value: 'second', created: true });
    });

    it('answers the same to all who ask at once, one of whom made it', async () => {
      const asked = Array.from({ length: 20 }, (_, n) => secrets.getOrCreate('one', () => `of ${n}`));
      const answers = await Promise.all(asked);
      expect(new Set(answers.map(({ value }) => value)).size).toBe(1);
      expect(answers.filter(({ created }) => created)).toHaveLength(1);
    });
  });
}
