import { type Act, LOCAL, SERVICE_TRAIL } from '../../audit/entry.ts';
import type { Platform } from '../../platform/platform.ts';

/** Takes note of what somebody does to the data of this machine, across tenants; durable when it answers. */
export async function recordLocally(
  { audit }: Pick<Platform, 'audit'>,
  action: 'data.sweep' | 'data.reconcile',
  details: NonNullable<Act['details']>,
): Promise<void> {
  await audit.append({ tenant_id: SERVICE_TRAIL, actor: LOCAL, action, outcome: 'allowed', details });
}
