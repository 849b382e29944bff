import { type Act, LOCAL, SERVICE_TRAIL } from '../../audit/entry.ts';
import type { Settings } from '../../config.ts';
import { toFailure } from '../../failures.ts';
import type { Platform } from '../../platform/platform.ts';
import { withData } from '../data.ts';

/** Takes note of what somebody does to the data of this machine, across tenants; durable when it answers. */
export async function recordLocally(
  { audit }: Pick<Platform, 'audit'>,
  action: 'data.sweep' | 'data.reconcile',
  details: NonNullable<Act['details']>,
): Promise<void> {
  await audit.append({ tenant_id: SERVICE_TRAIL, actor: LOCAL, action, outcome: 'allowed', details });
}

/** What copies data or keys, puts them back or writes them anew. */
type Copying = 'data.backup' | 'data.restore' | 'data.seal' | `keyring.${'rotate' | 'backup' | 'restore'}`;

/**
 * Does the work and takes note of how it ended. Where nothing can be noted, because there is no data (any more), the
 * work counts all the same: who has the folder can copy it without us.
 */
export async function recordedLocally<T>(
  settings: Settings,
  action: Copying,
  work: () => Promise<T>,
  detailsOf: (done: T) => NonNullable<Act['details']> = () => ({}),
): Promise<T> {
  const note = (ending: Pick<Act, 'outcome' | 'code' | 'details'>) =>
    withData(settings, ({ audit }) =>
      audit.append({ tenant_id: SERVICE_TRAIL, actor: LOCAL, action, ...ending }),
    ).catch(() => {});
  try {
    const done = await work();
    await note({ outcome: 'allowed', details: detailsOf(done) });
    return done;
  } catch (error) {
    await note({ outcome: 'failed', code: toFailure(error).code });
    throw error;
  }
}
