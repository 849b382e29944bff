import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { systemClock } from '../../images/clock.ts';
import { openEmbedded } from '../../platform/embedded/platform.ts';
import { newFolder, removeData } from '../../platform/embedded/testing/data-folder.ts';
import { startReceiver } from '../fence/testing/receiver.ts';
import { lineEvent } from '../sink-lines.contract.ts';
import { aWebhook } from './webhook-store.contract.ts';

const ENTRY = fileURLToPath(new URL('testing/delivering-process.ts', import.meta.url));
const EVENTS = 150;
const KILLS = 2;
/** longer than a lease: the next process takes over what the one before held */
const LEASE_MS = 60_000;

it(`a kill -9 in the middle, ${KILLS} times: every event arrives, repetitions under the same id`, async () => {
  const dataDir = await newFolder();
  const receiver = await startReceiver();
  receiver.answer = (response) => void setTimeout(() => response.end(), 5);
  const open = () => openEmbedded({ dataDir, clock: systemClock, role: 'server', durability: 'none' });
  const platform = await open();
  await platform.webhookStore.create(aWebhook('w1', { url: receiver.url }));
  const events = Array.from({ length: EVENTS }, (_, n) => lineEvent(n, { at: 2_000 }));
  await platform.sinkLines.add(['webhooks'], events);
  await platform.close();

  const notDelivered = async () => {
    const tool = await openEmbedded({ dataDir, clock: systemClock, role: 'tool' });
    const key = { tenantId: 't1', webhookId: 'w1' };
    const { deliveries } = await tool.webhookStore.deliveries(key, { limit: 1_000 });
    await tool.close();
    return EVENTS - deliveries.filter(({ state }) => state === 'delivered').length;
  };
  const idsGot = () => new Set(receiver.got.map(({ headers }) => headers['webhook-id']));
  for (let kill = 0; kill <= KILLS; kill += 1) {
    const child = spawn(process.execPath, [ENTRY, dataDir, String(kill * LEASE_MS)], { stdio: 'inherit' });
    const target = kill === KILLS ? EVENTS : (EVENTS * (kill + 1)) / (KILLS + 2);
    await vi.waitFor(() => expect(idsGot().size).toBeGreaterThanOrEqual(target), { timeout: 20_000 });
    // The last one notes what it was told before it is killed too.
    if (kill === KILLS)
      await vi.waitFor(async () => expect(await notDelivered()).toBe(0), { timeout: 10_000 });
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  expect(idsGot()).toEqual(new Set(events.map(({ id }) => `msg_${id}`)));
  const after = await open();
  expect((await after.sinkLines.depth('webhooks')).waiting).toBe(0);
  await after.close();
  await receiver.close();
  await removeData(dataDir);
}, 60_000);
