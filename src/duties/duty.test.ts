import { afterEach, describe, expect, it } from 'vitest';
import { createLeases } from '../platform/embedded/leases.ts';
import { type Duty, type Running, startDuty } from './duty.ts';
import type { Leases } from './leases.ts';

const silent = { debug() {}, warn() {} };
const LEASE = 100;

describe('a duty', () => {
  const duties: Duty<Running>[] = [];
  let under = 0;
  let most = 0;
  afterEach(async () => {
    await Promise.all(duties.splice(0).map((duty) => duty.stop()));
    expect(under).toBe(0);
    most = 0;
  });

  /** Work of which it is counted how often it runs at the same time. */
  function start(): Running {
    under += 1;
    most = Math.max(most, under);
    return {
      async stop() {
        under -= 1;
      },
    };
  }

  function join(leases: Leases, holder: string): Duty<Running> {
    const duty = startDuty({ leases, name: 'relay', holder, start, log: silent, leaseMs: LEASE });
    duties.push(duty);
    return duty;
  }

  const shared = () => createLeases(() => performance.now());
  const holders = () => duties.filter(({ running }) => running).length;

  it('is done by one of many', async () => {
    const leases = shared();
    for (const holder of ['a', 'b', 'c']) join(leases, holder);
    await expect.poll(holders).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 3 * LEASE));
    expect(most).toBe(1);
  });

  it('is taken over at once from one who stops', async () => {
    const leases = shared();
    const first = join(leases, 'a');
    await expect.poll(() => first.running).toBeDefined();
    const second = join(leases, 'b');
    await first.stop();
    await expect.poll(() => second.running).toBeDefined();
  });

  it('is taken over from one who has died', async () => {
    const leases = shared();
    await leases.take('relay', 'dead', LEASE);
    const duty = join(leases, 'a');
    await expect.poll(() => duty.running).toBeDefined();
  });

  it('ends where the lease cannot be kept, and comes back with it', async () => {
    const leases = shared();
    let isAway = false;
    const duty = join(
      {
        ...leases,
        take: async (...asked) => {
          if (isAway) throw new Error('away');
          return leases.take(...asked);
        },
      },
      'a',
    );
    await expect.poll(() => duty.running).toBeDefined();
    isAway = true;
    await expect.poll(() => duty.running).toBeUndefined();
    isAway = false;
    await expect.poll(() => duty.running).toBeDefined();
  });

  it('ends where another has the lease', async () => {
    const leases = shared();
    const duty = join(leases, 'a');
    await expect.poll(() => duty.running).toBeDefined();
    await leases.giveBack('relay', 'a');
    await leases.take('relay', 'thief', 10_000);
    await expect.poll(() => duty.running).toBeUndefined();
  });
});
