import type { TenantSettings } from './settings.ts';

/** The settings of each tenant, one document for each, replaced as a whole. */
export interface TenantStore {
  /** undefined where nothing was ever written for the tenant: it has the default settings. */
  read(tenantId: string): Promise<StoredTenant | undefined>;
  /**
   * Writes the settings where the stored version is still `version`; 0 is for a tenant that nothing was written for.
   * @returns what is stored now
   * @throws Failure `stale_write` where somebody wrote first
   */
  replace(tenantId: string, version: number, settings: TenantSettings): Promise<StoredTenant>;
  /** Whether any tenant lists this origin among its `cors_origins`. */
  isListed(origin: string): Promise<boolean>;
}

export interface StoredTenant {
  readonly tenantId: string;
  readonly settings: TenantSettings;
  /** 1, 2, 3, ... */
  readonly version: number;
  /** milliseconds */
  readonly createdAt: number;
  /** milliseconds */
  readonly updatedAt: number;
}
