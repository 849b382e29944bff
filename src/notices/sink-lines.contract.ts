import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlledClock, createFakeClock } from '../images/clock.contract.ts';
import { EVENT_TYPES, type ImageEvent } from '../images/events.ts';
import type { SinkLines } from './sink-lines.ts';

export type OpenSinkLines = (
  clock: ControlledClock,
) => Promise<{ sinkLines: SinkLines; close(): Promise<void> }>;

/** An event whose id sorts by its number. */
export function lineEvent(number: number, more: Partial<ImageEvent> = {}): ImageEvent {
  return {
    id: number.toString(16).padStart(24, '0'),
    type: 'image.ready',
    tenantId: 't1',
    imageId: 'i1',
    status: 'ready',
    at: 1_000 + number,
    ...more,
  };
}

/** What every store of lines does. */
export function sinkLinesContract(name: string, open: OpenSinkLines): void {
  describe(`${name} keeps the SinkLines contract`, () => {
    let lines: SinkLines;
    let close: () => Promise<void>;

    beforeEach(async () => {
      const opened = await open(createFakeClock());
      lines = opened.sinkLines;
      close = opened.close;
    });
    afterEach(() => close());

    const idsIn = async (sink: string, limit = 100) => (await lines.waiting(sink, limit)).map(({ id }) => id);
    const [first, second, third] = [lineEvent(1), lineEvent(2), lineEvent(3)];

    it('keeps every type of event with all that it says', async () => {
      const told = EVENT_TYPES.map((type, n) => lineEvent(n, { type }));
      const full = lineEvent(99, {
        type: 'image.failed',
        status: 'failed',
        generation: 3,
        errorCode: 'render_failed',
        lane: 'background',
      });
      await lines.add(['a'], [...told, full]);
      expect(await lines.waiting('a', 100)).toEqual([...told, full]);
    });

    it('gives the oldest first, up to the limit, whatever the order of adding', async () => {
      await lines.add(['a'], [third, first]);
      await lines.add(['a'], [second]);
      expect(await idsIn('a', 2)).toEqual([first.id, second.id]);
      expect(await idsIn('a')).toEqual([first.id, second.id, third.id]);
    });

    it('keeps the lines apart', async () => {
      await lines.add(['a', 'b'], [first, second]);
      await lines.done('a', [first.id]);
      expect(await idsIn('a')).toEqual([second.id]);
      expect(await idsIn('b')).toEqual([first.id, second.id]);
      expect(await idsIn('c')).toEqual([]);
    });

    it('keeps one of an event that is added twice', async () => {
      await lines.add(['a'], [first]);
      await lines.add(['a'], [first, second]);
      expect(await idsIn('a')).toEqual([first.id, second.id]);
    });

    it('does not mind nothing, no sink, and what is done twice or unknown', async () => {
      await lines.add([], [first]);
      await lines.add(['a'], []);
      await lines.done('a', []);
      await lines.done('a', ['unknown', first.id]);
      expect(await idsIn('a')).toEqual([]);
      await lines.add(['a'], [first]);
      await lines.done('a', [first.id]);
      await lines.done('a', [first.id]);
      expect(await idsIn('a')).toEqual([]);
    });

    it('says how long a line is and since when', async () => {
      expect(await lines.depth('a')).toEqual({ waiting: 0 });
      await lines.add(['a'], [second, first]);
      expect(await lines.depth('a')).toEqual({ waiting: 2, oldestAt: first.at });
    });

    it('bears more than a batch', async () => {
      const many = Array.from({ length: 250 }, (_, n) => lineEvent(n, { imageId: `i${n % 7}` }));
      await lines.add(['a', 'b'], many);
      expect(await lines.waiting('a', 1_000)).toEqual(many);
      const gone = many.slice(0, 249).map(({ id }) => id);
      await lines.done('a', gone);
      expect(await idsIn('a')).toEqual([many[249]?.id]);
      expect((await lines.depth('b')).waiting).toBe(250);
    });
  });
}
