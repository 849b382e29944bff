import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Failure } from '../failures.ts';
import { holdLease, type Lease, LeaseLost } from './lease.ts';
import type { Delivery } from './queue.ts';

const delivery: Delivery = {
  messageId: '1',
  receipt: 'r',
  work: { v: 1, kind: 'run', tenant_id: 't', image_id: 'i', generation: 1 },
  lane: 'interactive',
  receives: 1,
  sentAt: 0,
};

const held: Lease[] = [];
afterEach(() => {
  for (const lease of held.splice(0)) lease.end();
});

/** A lease at a queue that answers each extension as told; the last answer goes on. */
function hold(leaseMs: number, answers: ('yes' | 'lost' | 'unreachable')[]) {
  const asked: number[] = [];
  const faults: unknown[] = [];
  const queue = {
    async extend(_delivery: Delivery, ms: number) {
      asked.push(ms);
      const answer = answers[Math.min(asked.length, answers.length) - 1];
      if (answer === 'lost') throw new Failure('stale_write', 'The lease was lost.');
      if (answer === 'unreachable') throw new Failure('storage_unavailable', 'Nobody answers.');
    },
  };
  const lease = holdLease({ queue, delivery, leaseMs, onFault: (error) => faults.push(error) });
  held.push(lease);
  return { lease, asked, faults };
}

describe('a lease', () => {
  it('is extended by its full length, again and again, until it ends', async () => {
    const { lease, asked } = hold(60, ['yes']);
    await expect.poll(() => asked.length).toBeGreaterThanOrEqual(3);
    lease.end();
    const soFar = asked.length;
    await sleep(80);
    expect(asked).toEqual(Array(soFar).fill(60));
    expect(lease.signal.aborted).toBe(false);
  });

  it('that somebody else has is lost at once', async () => {
    const { lease, asked } = hold(60, ['lost']);
    await expect.poll(() => lease.signal.aborted).toBe(true);
    expect(lease.signal.reason).toBeInstanceOf(LeaseLost);
    await expect(lease.assertHeld()).rejects.toBe(lease.signal.reason);
    await sleep(80);
    expect(asked).toHaveLength(1);
  });

  it('outlives a queue that is away for a moment', async () => {
    const { lease, faults, asked } = hold(900, ['unreachable', 'yes']);
    await expect.poll(() => asked.length).toBeGreaterThanOrEqual(2);
    expect(faults).toHaveLength(1);
    expect(lease.signal.aborted).toBe(false);
  });

  it('is lost where the queue is away for as long as it lasts', async () => {
    const { lease } = hold(60, ['unreachable']);
    await expect.poll(() => lease.signal.aborted).toBe(true);
  });

  it('is made sure of before something is published, where it may be running out', async () => {
    const { lease, asked } = hold(60_000, ['yes']);
    await lease.assertHeld();
    expect(asked).toHaveLength(0);
    const stalled = hold(60, ['lost']);
    // as when the whole process was stopped: no timer has run, but time has passed
    const until = performance.now() + 70;
    while (performance.now() < until);
    await expect(stalled.lease.assertHeld()).rejects.toMatchObject({ code: 'stale_write' });
  });
});
