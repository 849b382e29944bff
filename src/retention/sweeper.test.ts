import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { objectKeys } from '../images/keys.ts';
import { startSweeper } from './sweeper.ts';
import {
  addReady,
  DAY,
  type House,
  once,
  openHouse,
  storedKeys,
  TENANT,
  withMethods,
} from './testing/house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

it('sweeps at once, then again and again', async () => {
  await addReady(house.ports, { lifeMs: DAY });
  house.clock.advance(DAY);
  const onSwept = vi.fn();
  const sweeper = startSweeper(house.ports, { intervalMs: 5, onSwept });
  await vi.waitFor(() => expect(onSwept.mock.calls.length).toBeGreaterThan(2));
  await sweeper.stop();
  expect(onSwept.mock.calls[0]?.[0]).toMatchObject({ objectsDeleted: 3 });
  expect(onSwept.mock.calls[1]?.[0]).toMatchObject({ objectsDeleted: 0 });
  const calls = onSwept.mock.calls.length;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(onSwept.mock.calls.length).toBe(calls);
});

it('sweeps and reconciles also where nobody wants to hear of it', async () => {
  await addReady(house.ports, { lifeMs: DAY });
  const orphan = objectKeys.original(TENANT, '01900000-0000-7000-8000-000000000001');
  await house.ports.objects.put(orphan, once(Buffer.from('x')), {
    attributes: { contentType: 'image/jpeg' },
  });
  house.clock.advance(DAY);
  const sweeper = startSweeper(house.ports, { intervalMs: 5 });
  await vi.waitFor(async () => expect(await storedKeys(house.ports)).toEqual([]));
  await sweeper.stop();
});

it('never runs two sweeps at a time', async () => {
  let running = 0;
  let most = 0;
  const { upkeep: real } = house.ports;
  const upkeep = withMethods(real, {
    expired: async (limit) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 20));
      running -= 1;
      return real.expired(limit);
    },
  });
  const onSwept = vi.fn();
  const sweeper = startSweeper({ ...house.ports, upkeep }, { intervalMs: 1, onSwept });
  await vi.waitFor(() => expect(onSwept.mock.calls.length).toBeGreaterThan(2));
  await sweeper.stop();
  expect(most).toBe(1);
});

it('cleans up after a crashed predecessor first, however short ago that was, and leaves what comes in now', async () => {
  const attributes = { contentType: 'image/jpeg' };
  const [old, young] = ['01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-000000000002'].map(
    (id) => objectKeys.original(TENANT, id),
  ) as [string, string];
  await house.ports.objects.put(old, once(Buffer.from('x')), { attributes });
  await new Promise((resolve) => setTimeout(resolve, 200));
  const onReconciled = vi.fn();
  const sweeper = startSweeper(house.ports, { intervalMs: 5, onReconciled });
  await house.ports.objects.put(young, once(Buffer.from('x')), { attributes });
  await vi.waitFor(() => expect(onReconciled).toHaveBeenCalledOnce());
  await new Promise((resolve) => setTimeout(resolve, 50));
  await sweeper.stop();
  expect(await storedKeys(house.ports)).toEqual([young]);
  expect(onReconciled).toHaveBeenCalledOnce();
});

it('tells of a sweep that failed, and tries again', async () => {
  const onFault = vi.fn();
  const onSwept = vi.fn();
  const { objects: real } = house.ports;
  const objects = withMethods(real, {
    list: (prefix) => {
      if (onFault.mock.calls.length === 0) throw new Error('no disk');
      return real.list(prefix);
    },
  });
  const sweeper = startSweeper({ ...house.ports, objects }, { intervalMs: 1, onFault, onSwept });
  await vi.waitFor(() => expect(onSwept.mock.calls.length).toBeGreaterThan(2));
  await sweeper.stop();
  expect(onFault).toHaveBeenCalledOnce();
});
