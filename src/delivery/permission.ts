import type { Clock } from '../images/clock.ts';
import type { StoredImage } from '../images/image.ts';
import type { Signer } from './signing.ts';

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
 * @throws Failure `signature_invalid`, `signature_expired`
 */
export type Permit = (target: string, image: StoredImage) => Permission | Promise<Permission>;

const UNSIGNED: Permission = { isSigned: false, endsAt: Number.POSITIVE_INFINITY };

/** Everything may be seen; a signature that is there has to be good, also where none is needed. */
export function permitBySignature({
  signer,
  clock,
}: {
  signer: Pick<Signer, 'verify'>;
  clock: Clock;
}): Permit {
  return (target) => {
    if (!hasSignature(target)) return UNSIGNED;
    return { isSigned: true, endsAt: signer.verify('GET', target, clock.now()).expiresAt };
  };
}

function hasSignature(target: string): boolean {
  const query = target.slice(target.indexOf('?') + 1);
  return /sig|%/i.test(query) && new URLSearchParams(query).has('sig');
}
