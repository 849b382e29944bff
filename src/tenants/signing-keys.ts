import { randomBytes } from 'node:crypto';
import { Failure } from '../failures.ts';
import { isoTime } from '../images/clock.ts';
import { activeKey, type SigningKey, type TenantSettings } from './settings.ts';

/**
 * Rotation: a new key signs from now on, the one before goes on to verify until it is removed or ends. Each function
 * answers settings anew; what it is given stays as it is.
 */

/** Keys that a tenant may have at once, those that have ended not counted. */
export const MOST_KEYS = 20;

export interface Rotation {
  /** milliseconds, by the wall clock */
  readonly now: number;
  /** milliseconds from now until the key that signed so far stops to verify; never where absent */
  readonly previousEndsIn?: number;
}

/** A key that nobody has seen yet. */
export function newKey(now: number): SigningKey {
  return {
    id: `k${randomBytes(6).toString('hex')}`,
    secret: randomBytes(32).toString('base64url'),
    created_at: isoTime(now),
    active: false,
    ends_at: null,
  };
}

/** @throws Failure `too_many_signing_keys` */
export function withKey(settings: TenantSettings, key: SigningKey, now: number): TenantSettings {
  const living = livingKeys(settings, now);
  if (living.length >= MOST_KEYS) {
    throw new Failure(
      'too_many_signing_keys',
      `There are ${MOST_KEYS} signing keys, which is the most. Remove one that no link needs any more.`,
    );
  }
  return { ...settings, signing_keys: [...living, key] };
}

/**
 * From now on this key signs. A key that was about to end no longer is.
 *
 * @throws Failure `signing_key_not_found`
 */
export function withKeyActivated(
  settings: TenantSettings,
  id: string,
  { now, previousEndsIn }: Rotation,
): TenantSettings {
  const living = livingKeys(settings, now);
  const found = living.find((key) => key.id === id);
  if (!found) throw noSuchKey(id);
  if (found.active) return settings;
  const endOf = (key: SigningKey) =>
    previousEndsIn === undefined ? key.ends_at : isoTime(now + previousEndsIn);
  return {
    ...settings,
    signing_keys: living.map((key) => {
      if (key.id === id) return { ...key, active: true, ends_at: null };
      return key.active ? { ...key, active: false, ends_at: endOf(key) } : key;
    }),
  };
}

/** Links that it has signed are good for nothing any more. @throws Failure `signing_key_not_found`, `signing_key_active` */
export function withoutKey(settings: TenantSettings, id: string, now: number): TenantSettings {
  const living = livingKeys(settings, now);
  const found = living.find((key) => key.id === id);
  if (!found) throw noSuchKey(id);
  if (found.active) {
    throw new Failure(
      'signing_key_active',
      `Key ${id} signs new links. Make another one active first, then remove this one.`,
    );
  }
  return { ...settings, signing_keys: living.filter((key) => key !== found) };
}

/** The settings themselves where a key signs already. */
export function withActiveKey(settings: TenantSettings, now: number): TenantSettings {
  if (activeKey(settings)) return settings;
  const key = newKey(now);
  return withKeyActivated(withKey(settings, key, now), key.id, { now });
}

/** Without those whose end has come. */
export function livingKeys({ signing_keys: keys }: TenantSettings, now: number): SigningKey[] {
  return keys.filter(({ ends_at }) => ends_at === null || now < Date.parse(ends_at));
}

function noSuchKey(id: string): Failure {
  return new Failure('signing_key_not_found', `There is no signing key ${JSON.stringify(id.slice(0, 64))}.`);
}
