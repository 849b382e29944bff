import { Failure, isFailure } from '../failures.ts';
import type { Clock } from '../images/clock.ts';
import type { StoredImage } from '../images/image.ts';
import type { TenantSettings } from '../tenants/settings.ts';
import type { Tenants } from '../tenants/tenants.ts';
import { verifyImgix } from './imgix-signature.ts';
import { createVerifier } from './signing.ts';

/** What a request may ask for, by its URL. */
export interface Permission {
  /** a signed URL may ask for anything; others are held to the sizes that there are */
  readonly isSigned: boolean;
  /** until when the URL is good, milliseconds */
  readonly endsAt: number;
}

/**
 * Decides whether a request may see an image.
 *
 * @param target path and query exactly as they were sent
 * @throws Failure `signature_required`, `signature_invalid`, `signature_expired`
 */
export type Permit = (target: string, image: StoredImage) => Permission | Promise<Permission>;

const UNSIGNED: Permission = { isSigned: false, endsAt: Number.POSITIVE_INFINITY };

/**
 * By what the tenant of the image has decided: everybody may see its images, or those who have a URL that one of its
 * own keys has signed. A signature that is there has to be good, also where none is needed.
 */
export function permitByTenant({
  tenants,
  clock,
}: {
  tenants: Pick<Tenants, 'settings' | 'read'>;
  clock: Clock;
}): Permit {
  // The same version of settings is the same object.
  const deciders = new WeakMap<TenantSettings, Signatures>();

  function signaturesOf(settings: TenantSettings): Signatures {
    const known = deciders.get(settings);
    if (known) return known;
    const made = rememberGood(readSignatures(settings));
    deciders.set(settings, made);
    return made;
  }

  function decide(settings: TenantSettings, target: string): Permission {
    const signed = signaturesOf(settings)(target, clock.now());
    if (signed) return signed;
    if (settings.delivery === 'public') return UNSIGNED;
    throw new Failure(
      'signature_required',
      'This image is shown by signed URLs only. Ask its owner for one: POST /v1/image/{image_id}/link makes it.',
    );
  }

  const looks = new Map<string, Promise<TenantSettings>>();

  /** The settings as they are stored now; who asks in between gets the same look, so that bad signatures cost little. */
  function lookAgain(tenantId: string): Promise<TenantSettings> {
    const begun = looks.get(tenantId);
    if (begun) return begun;
    const look = tenants
      .read(tenantId)
      .then(({ settings }) => settings)
      .finally(() => looks.delete(tenantId));
    looks.set(tenantId, look);
    return look;
  }

  /** Another process may have made the key a moment ago: a link is good everywhere as soon as it is given out. */
  function decideByMemory(remembered: TenantSettings, tenantId: string, target: string): ReturnType<Permit> {
    try {
      return decide(remembered, target);
    } catch (error) {
      if (!isFailure(error, 'signature_invalid')) throw error;
      return lookAgain(tenantId).then((stored) => {
        if (stored === remembered) throw error;
        return decide(stored, target);
      });
    }
  }

  return (target, { record }) => {
    const settings = tenants.settings(record.tenant_id);
    return settings instanceof Promise
      ? settings.then((known) => decide(known, target))
      : decideByMemory(settings, record.tenant_id, target);
  };
}

/** What the signature of a target permits; undefined where there is none. @throws Failure where it is not good */
type Signatures = (target: string, now: number) => Permission | undefined;

function readSignatures({ signing_keys, imgix_token }: TenantSettings): Signatures {
  const { verify } = createVerifier({ keys: signing_keys.map(verifyingKey) });
  return (target, now) => {
    if (hasParameter(target, 'sig')) return signedUntil(verify('GET', target, now).expiresAt);
    if (imgix_token === null || !hasParameter(target, 's')) return undefined;
    return signedUntil(verifyImgix(imgix_token, target, now).expiresAt);
  };
}

function signedUntil(endsAt: number): Permission {
  return { isSigned: true, endsAt };
}

const LONGEST_REMEMBERED = 1024;
const MOST_REMEMBERED = 4096;

/** What was found good is looked up when it comes again, byte for byte: a page of pictures is asked for many times. */
function rememberGood(read: Signatures): Signatures {
  const good = new Map<string, Permission>();
  return (target, now) => {
    const before = good.get(target);
    if (before && now < before.endsAt) return before;
    const permission = read(target, now);
    if (!permission || target.length > LONGEST_REMEMBERED) return permission;
    if (good.size >= MOST_REMEMBERED) good.clear();
    good.set(target, permission);
    return permission;
  };
}

function verifyingKey({ id, secret, ends_at }: TenantSettings['signing_keys'][number]) {
  return { id, secret, ...(ends_at !== null && { endsAt: Date.parse(ends_at) }) };
}

/** Also where its name is written with percent signs: a lenient parser behind us would find it. */
function hasParameter(target: string, name: string): boolean {
  const question = target.indexOf('?');
  const query = question < 0 ? '' : target.slice(question + 1);
  return (query.includes(name) || query.includes('%')) && new URLSearchParams(query).has(name);
}
