import { isoTime } from '../images/clock.ts';
import type { SigningKey } from '../tenants/settings.ts';
import { livingKeys } from '../tenants/signing-keys.ts';
import type { Tenant } from '../tenants/tenants.ts';
import { strongTag } from './conditional.ts';

/** The settings as they may be shown: secrets stay here. */
export function tenantView({ tenantId, settings, updatedAt }: Tenant, now: number) {
  const { imgix_token: token, signing_keys: _, ...shown } = settings;
  return {
    tenant_id: tenantId,
    ...shown,
    imgix_token: token === null ? null : ('set' as const),
    signing_keys: livingKeys(settings, now).map(keyView),
    updated_at: updatedAt === undefined ? null : isoTime(updatedAt),
  };
}

export function keyView({ id, created_at, active, ends_at }: SigningKey) {
  return { id, created_at, active, ends_at };
}

/** Changes with every write of the settings. */
export function tenantTag({ version }: Tenant): string {
  return strongTag(`t${version}`);
}
