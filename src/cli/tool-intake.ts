import type { Settings } from '../config.ts';
import { showAddress } from '../config-kinds.ts';
import { systemClock } from '../images/clock.ts';
import type { Intake } from '../intake/intake.ts';
import { createIntake } from '../intake/receive.ts';
import { createAllowance } from '../limits/allowance.ts';
import { createMemoryBuckets } from '../limits/memory-buckets.ts';
import { withDefaultPipeline } from '../pipeline/given-pipelines.ts';
import type { Platform } from '../platform/platform.ts';
import { tenantRetentionMs } from '../tenants/settings.ts';
import { createTenants } from '../tenants/tenants.ts';

/** The ways in, for a tool: what it takes is processed by the service that runs on the same data, now or later. */
export function toolIntake(settings: Settings, platform: Platform): Intake {
  const clock = systemClock;
  const tenants = createTenants({ store: platform.tenants, clock });
  const { publicUrl = `http://${showAddress(settings.listen)}` } = settings;
  return createIntake({
    ...platform,
    clock,
    pipelines: withDefaultPipeline(platform.pipelines),
    allowance: createAllowance({ tenants, usage: platform.usage, buckets: createMemoryBuckets(), clock }),
    // The relay of the service looks by itself.
    wake() {},
    publicUrl: () => publicUrl,
    retentionMs: async (tenantId) =>
      tenantRetentionMs(await tenants.settings(tenantId), settings.retentionMs),
    uploadExpiryMs: settings.uploadExpiryMs,
    maxUploadBytes: settings.maxUploadBytes,
    maxDirectUploadBytes: settings.maxDirectUploadBytes,
  });
}
