import { watchFolder } from '../intake/folder.ts';
import { startBucketIntake } from './buckets.ts';
import { startKafkaIntake } from './kafka.ts';
import type { Rooms } from './rooms.ts';

/** The ways in besides HTTP, as far as they are configured. */
export async function startIntake(rooms: Rooms, owner: { tenantId: string; userId: string }) {
  const { settings, intake, log, platform } = rooms;
  const { inboxDir: inbox, inboxSettleMs: settleMs } = settings;
  const folder = inbox === undefined ? undefined : watchFolder({ inbox, settleMs, intake, log, ...owner });
  const kafka = await startKafkaIntake(settings, { intake, queue: platform.queue, log });
  const buckets = await startBucketIntake(rooms);
  return {
    faults: () => buckets?.faults() ?? [],
    async stop() {
      await Promise.all([folder?.stop(), kafka?.stop(), buckets?.stop()]);
    },
  };
}
