import type { Clock } from '../../images/clock.ts';
import type { Platform } from '../platform.ts';
import { createApiKeys } from './api-keys.ts';
import { createAuditLog } from './audit-log.ts';
import { createCatalog } from './catalog.ts';
import { createCatalogUpkeep } from './catalog-upkeep.ts';
import { dataFolder, prepareDataFolder } from './data-folder.ts';
import { openDatabase } from './database.ts';
import { createDerivativeCache } from './derivative-cache.ts';
import type { Durability } from './disk.ts';
import { createErasures } from './erasures.ts';
import { createEventLog } from './event-log.ts';
import { assertLastsLikeData } from './file-system.ts';
import { findFaults } from './health.ts';
import type { PasswordHashing } from './identity/accounts.ts';
import { openIdentity } from './identity/open-identity.ts';
import { createTickets } from './identity/tickets.ts';
import { createTokenKeyStore } from './identity/token-key-store.ts';
import { findDamage } from './integrity.ts';
import { createInvitations } from './invitations.ts';
import { type KeyringSettings, keyringBeside } from './keyring/open-keyring.ts';
import { createLeases } from './leases.ts';
import { createWorkNames } from './leftovers.ts';
import { createMailOutbox } from './mail-outbox.ts';
import { createMembers } from './members.ts';
import { createObjectStore } from './object-store.ts';
import { createPartialUploads } from './partial-uploads.ts';
import { createPipelineStore } from './pipeline-store.ts';
import { createPurge } from './purge.ts';
import { createQueue } from './queue.ts';
import { openSealing } from './sealing.ts';
import { createSecrets } from './secrets.ts';
import { lockDataFolder } from './server-lock.ts';
import { createSinkLines } from './sink-lines.ts';
import { createSubscriptionStore } from './subscription-store.ts';
import { createTenantStore } from './tenant-store.ts';
import { createTurns } from './turns.ts';
import { createUsage } from './usage.ts';
import { createWebhookStore } from './webhook-store.ts';

export interface EmbeddedOptions {
  /** made where it is missing */
  readonly dataDir: string;
  readonly clock: Clock;
  /** A data folder has one `server` at a time; `tool` is for commands that look in while it runs, or do not. */
  readonly role: 'server' | 'tool';
  /** `full` unless a test of power cuts must show that it can fail */
  readonly durability?: Durability;
  /** of pictures kept that can be made again, bytes on disk; 2 GiB unless said otherwise */
  readonly cacheBytes?: number;
  /** keys to encrypt with, and where the keyring is; none, and beside the data folder, unless given */
  readonly encryption?: KeyringSettings;
  /** slow on purpose, unless a test brings one that is quick */
  readonly passwords?: PasswordHashing;
  /** milliseconds of a clock that never jumps, for leases; the machine's own unless a test brings one */
  readonly monotonic?: () => number;
}

const CACHE_BYTES = 2 * 2 ** 30;

/**
 * Everything on one machine: SQLite and files in one folder.
 *
 * @throws Failure `data_folder_in_use` where a server works on the folder already, `data_folder_newer` where a newer
 *   Darkroom wrote it, `invalid_settings` where SQLite or the file system is not fit for it
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<Platform> {
  const { clock, role, durability = 'full', monotonic = machineMilliseconds } = options;
  const folder = dataFolder(options.dataDir);
  const disk = await prepareDataFolder(folder, durability);
  const unlock = role === 'server' ? lockDataFolder(folder.root) : () => {};
  try {
    const database = openDatabase(folder.database, { durability, disk });
    const settings = options.encryption ?? { masterKeys: [], folder: keyringBeside(folder.root) };
    if (settings.masterKeys.length > 0) await assertLastsLikeData(settings.folder, folder.root);
    const sealing = await openSealing({ database, clock, durability, settings });
    const purge = createPurge(database);
    const { cacheBytes: capacity = CACHE_BYTES } = options;
    const derivatives = createDerivativeCache({
      ...{ folder: folder.cache, disk, clock, capacity },
      ...(sealing.isOn && { keyring: sealing.keyring }),
    });
    const takingTurns = createTurns();
    const queue = createQueue({ database, clock, monotonic });
    const store = sealing.seal(createObjectStore({ disk, names: createWorkNames(), folders: folder }));
    const partialUploads = createPartialUploads({
      ...{ database, disk, clock, objects: store, folders: folder },
      ...(sealing.isOn && { keyring: sealing.keyring }),
    });
    const objects = {
      ...store,
      async removeLeftovers(olderThan: number) {
        const orphans = role === 'server' ? await partialUploads.removeOrphans() : 0;
        return orphans + (await store.removeLeftovers(olderThan));
      },
    };
    if (role === 'server') {
      queue.recover();
      await objects.removeLeftovers(Number.POSITIVE_INFINITY);
      // What a process deleted that died before it emptied the log.
      database.checkpoint();
      // Not waited for: whoever asks meanwhile does, and tries again where it fails.
      derivatives.open().catch(() => {});
    }
    const tickets = createTickets(database, clock);
    const members = takingTurns(createMembers(database, clock));
    const invitations = takingTurns(createInvitations(database, clock));
    const secrets = takingTurns(createSecrets(database, clock));
    let closeIdentity: (() => Promise<void>) | undefined;
    return {
      isShared: false,
      catalog: takingTurns(createCatalog(database, clock)),
      upkeep: takingTurns(createCatalogUpkeep({ database, clock, onPurged: purge.ask })),
      events: takingTurns(createEventLog(database)),
      sinkLines: takingTurns(createSinkLines(database)),
      objects,
      keyring: sealing.keyring,
      derivatives,
      queue: takingTurns(queue),
      partialUploads: takingTurns(partialUploads),
      pipelines: takingTurns(createPipelineStore(database, clock)),
      usage: takingTurns(createUsage(database, clock)),
      leases: createLeases(monotonic),
      tenants: takingTurns(createTenantStore(database, clock)),
      members,
      invitations,
      apiKeys: takingTurns(createApiKeys(database, clock)),
      tokenKeys: createTokenKeyStore(database),
      mails: takingTurns(createMailOutbox(database, clock, tickets)),
      webhookStore: takingTurns(createWebhookStore(database)),
      subscriptionStore: takingTurns(createSubscriptionStore(database, clock)),
      async openIdentity(given) {
        const opened = await openIdentity({
          ...given,
          ...{ database, durability, clock, tickets, members, invitations, secrets },
          path: folder.database,
          ...(options.passwords && { passwords: options.passwords }),
        });
        closeIdentity = opened.close;
        return takingTurns(opened.identity);
      },
      audit: takingTurns(createAuditLog(database, clock)),
      erasures: takingTurns(createErasures({ database, clock, objects, folders: folder })),
      secrets,
      inspect: async () => findDamage(database),
      faults: async () => [
        ...(await findFaults({ database, disk, incoming: folder.incoming })),
        ...sealing.faults(),
      ],
      async close() {
        queue.close();
        purge.close();
        await derivatives.close();
        await closeIdentity?.();
        sealing.close();
        database.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** CLOCK_MONOTONIC: the same for all processes of the machine, and it goes on while it is up. */
function machineMilliseconds(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1_000_000;
}
