import { type Duty, type Running, startDuty } from '../duties/duty.ts';
import { startRelay } from '../notices/relay.ts';
import { startSweeper } from '../retention/sweeper.ts';
import type { Rooms } from './rooms.ts';

/** How late a relay looks at most for what other processes have written, milliseconds. */
const SHARED_RELAY_POLL_MS = 250;
/** Nobody waits for these: a dead process is followed later, and leases cost a request each time. */
const UNHURRIED_LEASE_MS = 60_000;

/** What runs in one process of many. The relay is everybody's; the rest is that of sweepers. */
export function startDuties(rooms: Rooms, { isSweeper }: { readonly isSweeper: boolean }) {
  const relay = startRelayDuty(rooms);
  rooms.wakes(() => relay.running?.wake());
  const sweeping = isSweeper ? startSweeperDuties(rooms) : undefined;
  return {
    faults: () => sweeping?.faults() ?? [],
    /** What deletes, tells and erases: before what it needs is closed. */
    async stopSweeping() {
      await sweeping?.stop();
    },
    stopRelay: () => relay.stop(),
  };
}

function startRelayDuty(rooms: Rooms) {
  const { platform, live, sinks, log } = rooms;
  const { events, queue, isShared } = platform;
  return duty(rooms, 'relay', {
    start: () =>
      startRelay({
        ...{ events, queue, live, log, sinks: sinks.toTell },
        ...(isShared && { pollMs: SHARED_RELAY_POLL_MS }),
      }),
  });
}

function startSweeperDuties(rooms: Rooms) {
  const { notices, sinks, eraser, auditing } = rooms;
  const sweeper = startSweeperDuty(rooms);
  const unhurried = { leaseMs: UNHURRIED_LEASE_MS };
  const duties: Duty<Running>[] = [
    sweeper.duty,
    duty(rooms, 'sinks', { start: () => sinks.start() }),
    duty(rooms, 'notices', { start: () => started(notices) }),
    duty(rooms, 'erasures', { start: () => eraser.start(), ...unhurried }),
    duty(rooms, 'checkpoints', { start: () => auditing.startCheckpoints(), ...unhurried }),
  ];
  return {
    faults: sweeper.faults,
    async stop() {
      await Promise.all(duties.map((one) => one.stop()));
    },
  };
}

function startSweeperDuty(rooms: Rooms) {
  const { settings, retention, log, platform } = rooms;
  let hasFailed = false;
  const start = () =>
    startSweeper(retention, {
      intervalMs: settings.sweepIntervalMs,
      periods: { tombstone: settings.tombstonesMs, abandonedUpload: settings.uploadExpiryMs },
      isShared: platform.isShared,
      onSwept(report) {
        hasFailed = false;
        log.debug({ report }, 'swept');
      },
      onReconciled: (report) => log.debug({ report }, 'reconciled'),
      onFault(error) {
        hasFailed = true;
        log.error({ err: error }, 'the sweep failed; the next one tries again');
      },
    });
  return {
    duty: duty(rooms, 'sweeper', { start, leaseMs: UNHURRIED_LEASE_MS }),
    faults: () => (hasFailed ? ['the last sweep failed'] : []),
  };
}

function duty<T extends Running>(
  { platform: { leases }, processId: holder, log }: Rooms,
  name: string,
  { start, leaseMs }: { start: () => T; leaseMs?: number },
): Duty<T> {
  return startDuty({ leases, name, holder, start, log, ...(leaseMs !== undefined && { leaseMs }) });
}

function started(notices: { start(): void; stop(): Promise<void> }): Running {
  notices.start();
  return { stop: () => notices.stop() };
}
