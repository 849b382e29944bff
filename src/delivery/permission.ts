import { Failure } from '../failures.ts';
import type { Clock } from '../images/clock.ts';
import type { StoredImage } from '../images/image.ts';
import type { TenantSettings } from '../tenants/settings.ts';
import type { Tenants } from '../tenants/tenants.ts';
import { verifyImgix } from './imgix-signature.ts';
import { createVerifier, type Verifier } from './signing.ts';

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
  tenants: Pick<Tenants, 'settings'>;
  clock: Clock;
}): Permit {
  const verifiers = new WeakMap<TenantSettings, Verifier>();

  /** The same version of settings is the same object. */
  function verifierOf(settings: TenantSettings): Verifier {
    const known = verifiers.get(settings);
    if (known) return known;
    const made = createVerifier({ keys: settings.signing_keys.map(verifyingKey) });
    verifiers.set(settings, made);
    return made;
  }

  function decide(settings: TenantSettings, target: string): Permission {
    if (hasParameter(target, 'sig')) {
      return { isSigned: true, endsAt: verifierOf(settings).verify('GET', target, clock.now()).expiresAt };
    }
    if (settings.imgix_token !== null && hasParameter(target, 's')) {
      return { isSigned: true, endsAt: verifyImgix(settings.imgix_token, target, clock.now()).expiresAt };
    }
    if (settings.delivery === 'public') return UNSIGNED;
    throw new Failure(
      'signature_required',
      'This image is shown by signed URLs only. Ask its owner for one: POST /v1/image/{image_id}/link makes it.',
    );
  }

  return (target, { record }) => {
    const settings = tenants.settings(record.tenant_id);
    return settings instanceof Promise
      ? settings.then((known) => decide(known, target))
      : decide(settings, target);
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
