import type { Logger } from 'pino';
import type { Settings } from './config.ts';
import type { App } from './http/app.ts';
import { createHealthApp } from './http/health-app.ts';
import { type Listening, listen } from './http/server.ts';
import { createClientOf } from './http/trusted-proxies.ts';
import { pageLink } from './notices/mail-templates.ts';
import type { Role } from './roles.ts';
import { buildApi } from './service/api.ts';
import { startDuties } from './service/duties.ts';
import { startIntake } from './service/intake.ts';
import { startPixels } from './service/pixels.ts';
import { openRooms, type Rooms } from './service/rooms.ts';
import { firstOwnerToken, ownerKey } from './service/secrets.ts';

/** To whom what comes without a name belongs. */
const OWNER = { tenantId: 'main', userId: 'owner' } as const;

/**
 * Milliseconds that work in flight may take to finish when the service stops; then it is given back. With what follows
 * it, the service has ended within 25 s.
 */
const DRAIN_MS = 20_000;

export interface Service {
  /** where it listens */
  readonly url: string;
  /** the owner's API key, only where this very start has made it */
  readonly firstKey?: string;
  /** where the first owner gets an account, only where this very start has made it; good once, for a day */
  readonly ownerLink?: string;
  /** Stops taking work, finishes or gives back what is in flight, closes everything. */
  stop(): Promise<void>;
}

/** The composition root: opens the platform, builds each room, and starts what the roles of this process ask for. */
export async function startService(settings: Settings, { log }: { log: Logger }): Promise<Service> {
  const has = (role: Role) => settings.roles.includes(role);
  const rooms = await openRooms(settings, log);
  const duties = startDuties(rooms, { isSweeper: has('sweeper') });
  const pixels =
    has('api') || has('worker') ? startPixels(rooms, { runsPipelines: has('worker') }) : undefined;
  let intake: Awaited<ReturnType<typeof startIntake>> | undefined;

  /** What is not well, and in which role. */
  async function faults(): Promise<string[]> {
    const ofRoles = {
      worker: pixels?.faults() ?? [],
      intake: intake?.faults() ?? [],
      sweeper: duties.faults(),
    };
    const named = Object.entries(ofRoles).flatMap(([role, found]) => found.map((one) => `${role}: ${one}`));
    return [...(await rooms.platform.faults()), ...named];
  }

  async function close(): Promise<void> {
    await pixels?.close();
    await duties.stopRelay();
    await rooms.sinks.close();
    await rooms.auditing.stop();
    await rooms.people.stop();
    await rooms.platform.close();
  }

  const health = { faults, roles: settings.roles };
  const app = has('api') && pixels ? buildApi(rooms, { ...pixels, ...health }) : healthApp(rooms, health);
  const server = await listenFor(rooms, app).catch(async (error: unknown) => {
    await Promise.all([pixels?.drain(0), duties.stopSweeping()]);
    await close();
    throw error;
  });
  const introduced = has('api') ? await introduce(rooms) : {};
  if (has('intake')) intake = await startIntake(rooms, OWNER);

  return {
    url: server.url,
    ...introduced,
    async stop() {
      const drained = [server.close(DRAIN_MS), pixels?.drain(DRAIN_MS)];
      await Promise.all([intake?.stop(), duties.stopSweeping(), ...drained]);
      await close();
    },
  };
}

async function listenFor({ settings, listensAt }: Rooms, app: App): Promise<Listening> {
  const connections = { perAddress: settings.connectionsPerAddress, exempt: settings.trustedProxies ?? [] };
  const server = await listen(app, { ...settings.listen, connections });
  listensAt(server.url);
  return server;
}

function healthApp(rooms: Rooms, health: { faults(): Promise<string[]>; roles: readonly Role[] }): App {
  const { settings, metrics, log } = rooms;
  return createHealthApp({
    ...{ metrics, log, ...health },
    clientOf: createClientOf(settings.trustedProxies ?? []),
    ...(settings.metricsToken !== undefined && { metricsToken: settings.metricsToken }),
  });
}

/**
 * Lets people and keys in. Only once it listens: a key that was made before the port turned out to be taken would be
 * stored and never shown.
 */
async function introduce(rooms: Rooms): Promise<Pick<Service, 'firstKey' | 'ownerLink'>> {
  const { settings, platform, people, firstKey, publicUrl } = rooms;
  const { hash, made } = await ownerKey(platform.secrets, settings.apiKey);
  firstKey.resolve({ hash, principal: { ...OWNER, role: 'owner', via: { kind: 'key', keyId: 'first' } } });
  // Who only looks at the log must not wonder for long why everything is refused.
  for (const fault of await platform.faults()) rooms.log.error({ fault }, 'the service is not ready');
  people.start();
  const token = await firstOwnerToken(platform.secrets, people.identity);
  return {
    ...(made !== undefined && { firstKey: made }),
    ...(token !== undefined && { ownerLink: pageLink(publicUrl(), 'setup', token) }),
  };
}
