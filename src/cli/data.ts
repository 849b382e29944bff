import type { Settings } from '../config.ts';
import { systemClock } from '../images/clock.ts';
import type { Platform } from '../platform/platform.ts';
import type { RetentionPorts } from '../retention/ports.ts';

/**
 * Opens the data of this machine for as long as `use` runs. A service may be running on it at the same time.
 * @throws Failure `invalid_request` where there is none: a tool never makes an empty installation
 */
export async function withData<T>(
  settings: Settings,
  use: (platform: Platform, ports: RetentionPorts) => Promise<T>,
): Promise<T> {
  const { dataDir } = settings;
  const { assertHasDatabase, dataFolder } = await import('../platform/embedded/data-folder.ts');
  await assertHasDatabase(dataFolder(dataDir));
  const { openEmbedded } = await import('../platform/embedded/platform.ts');
  const { encryptionFrom } = await import('../platform/embedded/encryption-settings.ts');
  const encryption = encryptionFrom(settings);
  const platform = await openEmbedded({ dataDir, clock: systemClock, role: 'tool', encryption });
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
