import type { Settings } from '../config.ts';
import type { Clock } from '../images/clock.ts';
import { encryptionFrom } from '../platform/embedded/encryption-settings.ts';
import { openEmbedded } from '../platform/embedded/platform.ts';
import type { Platform, PlatformLog } from '../platform/platform.ts';

/** The platform that the settings name. That of a cloud is loaded only where it is named. */
export async function openPlatform(
  settings: Settings,
  { clock, log }: { clock: Clock; log: PlatformLog },
): Promise<Platform> {
  if (settings.platform === 'aws') {
    const { openAws } = await import('../platform/aws/platform.ts');
    return openAws(settings, { clock, log });
  }
  return openEmbedded({
    dataDir: settings.dataDir,
    clock,
    role: 'server',
    durability: settings.unsafeNoSync ? 'none' : 'full',
    cacheBytes: settings.cacheBytes,
    encryption: encryptionFrom(settings),
  });
}
