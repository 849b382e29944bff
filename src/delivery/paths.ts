import type { ImageRecord, Variant } from '../images/image.ts';
import { extensions } from '../images/keys.ts';
import { processedName } from './file-names.ts';

/** Paths under which an image is found, without the public URL before them. Each is safe to sign as it is. */

/** The best variant for whoever asks. The name at the end is for people: it changes nothing. */
export function deliveryPath({ image_id, original }: ImageRecord): string {
  const name = original && processedName(original.filename, original.format ?? 'jpeg');
  return name === undefined ? `/i/${image_id}` : `/i/${image_id}/${segment(name)}`;
}

/** One stored variant in one format. */
export function variantPath({ image_id, original }: ImageRecord, { name, format }: Variant): string {
  const file = segment(processedName(original?.filename ?? name, format));
  return `/i/${image_id}/${file}?v=${name}&fm=${extensions[format]}`;
}

/** The original: needs credentials or a signature. */
export function originalPath(imageId: string): string {
  return `/v1/image/${imageId}/original`;
}

/** URL parsers of clients rewrite dot segments and some characters that `encodeURIComponent` leaves. */
function segment(name: string): string {
  const encoded = encodeURIComponent(name.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return /^\.{1,2}$/.test(encoded) ? '_' : encoded;
}
