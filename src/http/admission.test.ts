import { describe, expect, it } from 'vitest';
import type { LaneDepth } from '../pipeline/queue.ts';
import { createAdmission } from './admission.ts';

const lane = (waiting: number): LaneDepth => ({ waiting, delayed: 0, inFlight: 5, oldestMs: 0 });
const queueOf = (interactive: number, background: number) => ({
  depth: async () => ({ interactive: lane(interactive), background: lane(background) }),
});

describe('admission', () => {
  it('refuses what is over the limit, and takes again what leaves room', () => {
    const admission = createAdmission(queueOf(0, 0), { uploads: 2 });
    const leave = admission.enter('uploads');
    admission.enter('uploads');
    expect(() => admission.enter('uploads')).toThrow('2 uploads are under way');
    leave();
    leave();
    admission.enter('uploads');
    expect(() => admission.enter('uploads')).toThrow('no room');
  });

  it('counts each kind by itself', () => {
    const admission = createAdmission(queueOf(0, 0), { uploads: 1, waiters: 1 });
    admission.enter('uploads');
    admission.enter('waiters');
    expect(() => admission.enter('waiters')).toThrow();
  });

  it('gives the place back when the work fails', async () => {
    const admission = createAdmission(queueOf(0, 0), { uploads: 1 });
    const failing = admission.during('uploads', async () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    admission.enter('uploads');
  });

  it.each([
    [4, 5, false],
    [5, 5, true],
    [0, 10, true],
  ])('with %i and %i images waiting', async (interactive, background, isFull) => {
    const asking = createAdmission(queueOf(interactive, background), { backlog: 10 }).assertRoomInQueue();
    if (isFull) await expect(asking).rejects.toThrow('10 images wait');
    else await asking;
  });
});
