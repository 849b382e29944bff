import { Failure, isFailure } from '../failures.ts';
import type { Clock } from '../images/clock.ts';
import { activeKey, defaultSettings, type SigningKey, type TenantSettings } from './settings.ts';
import { withActiveKey } from './signing-keys.ts';
import type { StoredTenant, TenantStore } from './tenant-store.ts';

/** A tenant as it is known here; version 0, without times, where nothing was ever written for it. */
export type Tenant = Pick<StoredTenant, 'tenantId' | 'settings' | 'version'> &
  Partial<Pick<StoredTenant, 'createdAt' | 'updatedAt'>>;

/** The settings of tenants, for those who ask with every request and for those who change them. */
export interface Tenants {
  /**
   * The settings from memory where they were looked up a moment ago: what this process writes is seen at once, what
   * another one writes at most {@link FRESH_MS} later. The same version is the same object.
   */
  settings(tenantId: string): TenantSettings | Promise<TenantSettings>;

  /** The settings as they are stored now. */
  read(tenantId: string): Promise<Tenant>;

  /**
   * Writes what `change` makes of the settings that are stored; it is called again where somebody else wrote first.
   * Nothing is written where it answers the settings it was given.
   *
   * @param expected the version that is to be changed, where no other will do
   * @throws Failure `precondition_failed`, `stale_write` (after several tries), and what `change` throws
   */
  change(
    tenantId: string,
    change: (settings: TenantSettings) => TenantSettings,
    expected?: number,
  ): Promise<Tenant>;

  /** Whether any tenant lists this origin: what is asked before it is known for whom. */
  isListed(origin: string): Promise<boolean>;

  /** The key that signs the links of a tenant; its first one is made where it has none. */
  signingKey(tenantId: string): Promise<SigningKey>;
}

/** Milliseconds for which settings that were just looked up are not looked up again. */
export const FRESH_MS = 3_000;
/** Tenants that are remembered at once. */
const MOST = 10_000;
const TRIES = 5;

interface Remembered {
  readonly tenant: Tenant;
  /** of a clock that never jumps, milliseconds */
  readonly checkedAt: number;
}

export interface TenantsDeps {
  readonly store: TenantStore;
  readonly clock: Clock;
  /** milliseconds of a clock that never jumps */
  readonly monotonic?: () => number;
}

export function createTenants({ store, clock, monotonic = () => performance.now() }: TenantsDeps): Tenants {
  const remembered = new Map<string, Remembered>();

  /** Answers what is newest of both: a look that began before a write may end after it. */
  function remember(tenant: Tenant): Tenant {
    const before = remembered.get(tenant.tenantId)?.tenant;
    const newest = before && before.version >= tenant.version ? before : tenant;
    // Emptied now and then: the next request of each fills it again.
    if (remembered.size >= MOST) remembered.clear();
    remembered.set(tenant.tenantId, { tenant: newest, checkedAt: monotonic() });
    return newest;
  }

  async function read(tenantId: string): Promise<Tenant> {
    const stored = await store.read(tenantId);
    return remember(stored ?? { tenantId, settings: defaultSettings, version: 0 });
  }

  const change: Tenants['change'] = async (tenantId, make, expected) => {
    for (let tried = 1; ; tried++) {
      const before = await read(tenantId);
      if (expected !== undefined && expected !== before.version) throw changedMeanwhile();
      const settings = make(before.settings);
      if (settings === before.settings) return before;
      try {
        return remember(await store.replace(tenantId, before.version, settings));
      } catch (error) {
        if (!isFailure(error, 'stale_write') || tried === TRIES) throw error;
      }
    }
  };

  const settingsOf = (tenantId: string) => {
    const known = remembered.get(tenantId);
    if (known && monotonic() - known.checkedAt <= FRESH_MS) return known.tenant.settings;
    return read(tenantId).then(({ settings }) => settings);
  };

  return {
    read,
    change,
    settings: settingsOf,
    isListed: (origin) => store.isListed(origin),

    async signingKey(tenantId) {
      const known = activeKey(await settingsOf(tenantId));
      if (known) return known;
      const { settings } = await change(tenantId, (before) => withActiveKey(before, clock.now()));
      const made = activeKey(settings);
      if (made) return made;
      throw new Error(`tenant ${tenantId} has no key that signs`);
    },
  };
}

function changedMeanwhile(): Failure {
  return new Failure(
    'precondition_failed',
    'The settings have changed since they had the entity tag in If-Match. Read them again, then repeat the change.',
  );
}
