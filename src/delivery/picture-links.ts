import type { ImageRecord, StoredImage } from '../images/image.ts';
import { processedUrl } from '../pipeline/delivery-links.ts';
import type { PictureOrder } from './picture-element.ts';
import type { Signer } from './signing.ts';

/** Signed links, and how long they are good at least. */
export interface PictureSigning {
  readonly signer: Pick<Signer, 'sign'>;
  readonly now: number;
  /** milliseconds; never beyond the image's own end */
  readonly periodMs: number;
}

/**
 * Links to pictures of the generation that is published now: what they answer may be kept for long.
 *
 * @param signing undefined where links need no signature
 */
export function pictureLinks(
  { record, generation }: StoredImage,
  publicUrl: string,
  signing: PictureSigning | undefined,
): PictureOrder['link'] {
  const { image_id: imageId, original } = record;
  const path = processedUrl({ publicUrl: '', imageId, filename: original?.filename ?? '' });
  const expiresAt = signing && endOfLinks(signing, record);
  return (parameters, extension) => {
    const query = [...parameters, ['g', String(generation)]] satisfies [string, string][];
    const named = `${path}.${extension}`;
    if (!signing || expiresAt === undefined) return `${publicUrl}${named}?${new URLSearchParams(query)}`;
    return publicUrl + signing.signer.sign({ method: 'GET', path: named, query, expiresAt });
  };
}

/**
 * When links to an image end, milliseconds. Steps of a tenth: a page that is written anew for each visitor links to the
 * same URLs for a while, which are kept.
 */
export function endOfLinks(
  { now, periodMs }: Pick<PictureSigning, 'now' | 'periodMs'>,
  { expires_at }: Pick<ImageRecord, 'expires_at'>,
): number {
  const step = Math.ceil(periodMs / 10);
  return Math.min(Math.ceil((now + periodMs) / step) * step, Date.parse(expires_at));
}
