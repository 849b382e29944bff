import { Failure } from '../failures.ts';
import type { Format, ImageRecord, Variant } from '../images/image.ts';
import type { Negotiated } from './negotiate.ts';
import type { DeliveryParameters } from './parameters.ts';

/** A rendering by name and format, stored or not. */
export interface Rendering {
  readonly variant: string;
  readonly format: Format;
}

export type Choice =
  /** send it; `better` could be made and would have been preferred */
  | { readonly send: Variant; readonly better?: Rendering }
  /** nothing that is stored will do, but this would, and can be made */
  | { readonly make: Rendering };

/**
 * Picks the stored variant that answers a request.
 *
 * @param deferred formats that the image's pipeline makes when they are first asked for
 * @throws Failure `variant_not_found`, `not_acceptable`
 */
export function chooseVariant(
  record: ImageRecord,
  { variant }: DeliveryParameters,
  { formats, varyOn }: Negotiated,
  deferred: readonly Format[],
): Choice {
  const name = nameOf(record, variant);
  const stored = record.variants.filter((candidate) => candidate.name === name);
  let better: Rendering | undefined;
  for (const format of formats) {
    const send = stored.find((candidate) => candidate.format === format);
    if (send) return better ? { send, better } : { send };
    if (deferred.includes(format)) better ??= { variant: name, format };
  }
  if (better) return { make: better };
  throw varyOn.length === 0 ? noSuchFormat(name, formats, stored) : notAcceptable(stored);
}

function nameOf({ variants, image_id }: ImageRecord, asked: string | undefined): string {
  if (asked === undefined) {
    const [largest] = variants.toSorted((a, b) => b.width * b.height - a.width * a.height);
    if (largest) return largest.name;
    throw new Failure('variant_not_found', `Nothing was made of image ${image_id}.`);
  }
  if (variants.some(({ name }) => name === asked)) return asked;
  if (asked === 'original') {
    throw new Failure(
      'variant_not_found',
      'Originals are not public. GET /v1/image/{image_id}/original answers them to those with credentials.',
    );
  }
  const names = listed(variants.map(({ name }) => name));
  throw new Failure('variant_not_found', `v: this image has no ${JSON.stringify(asked)}. It has ${names}.`);
}

function noSuchFormat(name: string, formats: readonly Format[], stored: readonly Variant[]): Failure {
  return new Failure(
    'variant_not_found',
    `fm: this image has no ${listed(formats)} of ${JSON.stringify(name)}. It has ${listed(stored.map(({ format }) => format))}.`,
  );
}

function notAcceptable(stored: readonly Variant[]): Failure {
  return new Failure(
    'not_acceptable',
    `Accept allows none of ${listed(stored.map(({ format }) => `image/${format}`))}. Add one, or ask for a format by fm.`,
  );
}

function listed(words: readonly string[]): string {
  return [...new Set(words)].join(', ') || 'nothing';
}
