import { endOfLinks, type PictureSigning } from '../delivery/picture-links.ts';
import { isoTime } from '../images/clock.ts';
import type { ImageEvent } from '../images/events.ts';
import type { ImageRecord, StoredImage } from '../images/image.ts';
import { processedPath, processedUrl, variantLink, variantUrl } from '../pipeline/delivery-links.ts';
import { strongTag } from './conditional.ts';
import type { Services } from './services.ts';

/** How the links of a record are written now. */
export interface RecordLinks {
  /** what they begin with, without a slash at the end */
  readonly publicUrl: string;
  /** undefined where pictures need no signature */
  readonly signing: PictureSigning | undefined;
}

/** Milliseconds that signed links in a record are good at least, though never beyond the end of the image. */
const RECORD_LINKS_MS = 3_600_000;

export async function recordLinks(
  { links, publicUrl }: Pick<Services, 'links' | 'publicUrl'>,
  tenantId: string,
): Promise<RecordLinks> {
  const signing = await links.signingOf(tenantId, { usual: RECORD_LINKS_MS });
  return { publicUrl: publicUrl(), signing };
}

/**
 * A record as callers see it. Its links are made anew: they begin with what the service is called now, not with
 * what it was called when the image was made, and are signed where the tenant shows pictures by signed URLs only.
 */
export function imageView(
  { record, generation }: StoredImage,
  { publicUrl, signing }: RecordLinks,
): ImageRecord {
  const { image_id: imageId, original } = record;
  const linked = { publicUrl, imageId, filename: original?.filename ?? '' };
  const expiresAt = signing && endOfLinks(signing, record);
  const signed = (path: string, query: [string, string][]) =>
    signing && expiresAt !== undefined
      ? publicUrl + signing.signer.sign({ method: 'GET', path, query, expiresAt })
      : undefined;
  return {
    ...record,
    ...(original && { original: { ...original, url: `${publicUrl}/v1/image/${imageId}/original` } }),
    ...(record.processed_url !== undefined && {
      processed_url: signed(processedPath(linked), []) ?? processedUrl(linked),
    }),
    variants: record.variants.map((variant) => {
      const { path, query } = variantLink(linked, variant, generation);
      return { ...variant, url: signed(path, query) ?? variantUrl(linked, variant, generation) };
    }),
  };
}

export function statusView({ record }: StoredImage) {
  const { image_id, status, steps, error, processed_at, expires_at } = record;
  return {
    image_id,
    status,
    steps,
    ...(error && { error }),
    ...(processed_at !== undefined && { processed_at }),
    expires_at,
  };
}

/**
 * Changes with every write of the record.
 *
 * @param links where the answer has them: it changes with them too, so that nobody keeps links that have ended
 */
export function versionTag({ version, record }: StoredImage, links?: RecordLinks): string {
  const ends = links?.signing && endOfLinks(links.signing, record) / 1000;
  return strongTag(ends === undefined ? `v${version}` : `v${version}-${Math.floor(ends)}`);
}

export function eventView({ id, type, imageId, status, generation, errorCode, at }: ImageEvent) {
  return {
    id,
    type,
    image_id: imageId,
    status,
    ...(generation !== undefined && { generation }),
    ...(errorCode !== undefined && { error_code: errorCode }),
    at: isoTime(at),
  };
}
