import type { Settings } from '../config.ts';
import { systemClock } from '../images/clock.ts';
import type { Platform } from '../platform/platform.ts';
import type { RetentionPorts } from '../retention/ports.ts';

/**
 * Opens the data for as long as `use` runs: that of this machine, or on the platform aws what all processes share.
 * Services may be running on it at the same time.
 * @throws Failure `invalid_request` where this machine has none: a tool never makes an empty installation
 */
export async function withData<T>(
  settings: Settings,
  use: (platform: Platform, ports: RetentionPorts) => Promise<T>,
): Promise<T> {
  const platform = await (settings.platform === 'aws' ? openShared(settings) : openLocal(settings));
  const { catalog, upkeep, events, objects, keyring, derivatives, partialUploads, queue } = platform;
  try {
    return await use(platform, {
      catalog,
      upkeep,
      events,
      objects,
      keyring,
      derivatives,
      partialUploads,
      queue,
      clock: systemClock,
    });
  } finally {
    await platform.close();
  }
}

async function openLocal(settings: Settings): Promise<Platform> {
  const { dataDir } = settings;
  const { assertHasDatabase, dataFolder } = await import('../platform/embedded/data-folder.ts');
  await assertHasDatabase(dataFolder(dataDir));
  const { openEmbedded } = await import('../platform/embedded/platform.ts');
  const { encryptionFrom } = await import('../platform/embedded/encryption-settings.ts');
  const encryption = encryptionFrom(settings);
  return openEmbedded({ dataDir, clock: systemClock, role: 'tool', encryption });
}

/** A process of its own among the others: with a data folder for what it is working on, which none of them uses. */
async function openShared(settings: Settings): Promise<Platform> {
  const { openAws } = await import('../platform/aws/platform.ts');
  const { createLog } = await import('./log.ts');
  return openAws(settings, { clock: systemClock, log: createLog(settings.logLevel) });
}
