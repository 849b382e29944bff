import { Failure } from '../failures.ts';
import type { Format, ImageRecord, Variant } from '../images/image.ts';

/** A rendering by name and format, stored or not. */
export interface Rendering {
  readonly variant: string;
  readonly format: Format;
}

export type Choice =
  /** send it; `better` could be made and would have been preferred */
  | { readonly send: Variant; readonly better?: Rendering }
  /** nothing that is stored will do, but this would, and the pipeline makes it when it is asked for */
  | { readonly make: Rendering }
  /** the pipeline makes no such thing, but it can be made of the original, as large as this variant */
  | { readonly derive: Format; readonly like: Variant };

export interface ChoiceRequest {
  /** `v`; the largest variant where absent */
  readonly variant: string | undefined;
  /** best first */
  readonly formats: readonly Format[];
  /** formats that the image's pipeline makes when they are first asked for */
  readonly deferred: readonly Format[];
  /** the formats are what the client takes, and not what the URL names */
  readonly isOpen: boolean;
}

/**
 * Picks what answers a request for a picture as its pipeline made it.
 *
 * @throws Failure `variant_not_found`, `not_acceptable`
 */
export function chooseVariant(record: ImageRecord, request: ChoiceRequest): Choice {
  const { variant, formats, deferred, isOpen } = request;
  const like = variantNamed(record, variant);
  const stored = record.variants.filter(({ name }) => name === like.name);
  // A variant that is named is what the pipeline made of it, and nothing else.
  const canDerive = variant === undefined;
  let better: Rendering | undefined;
  for (const format of formats) {
    const send = inFormat(stored, format) ?? (isOpen ? insteadOf(format, stored, formats) : undefined);
    if (send) return better ? { send, better } : { send };
    if (deferred.includes(format)) better ??= { variant: like.name, format };
    // Which modern formats there are is for the pipeline to say. What everybody reads is made for those who need it.
    else if (canDerive && !(isOpen && MODERN.has(format))) return { derive: format, like };
  }
  if (better) return { make: better };
  const [best] = formats;
  if (canDerive && best !== undefined) return { derive: best, like };
  throw isOpen ? notAcceptable(stored) : noSuchFormat(like.name, formats, stored);
}

const MODERN: ReadonlySet<Format> = new Set(['avif', 'webp']);

function inFormat(stored: readonly Variant[], format: Format): Variant | undefined {
  return stored.find((candidate) => candidate.format === format);
}

/** A PNG shows all that a JPEG does: where it is there already, nothing has to be made. */
function insteadOf(
  format: Format,
  stored: readonly Variant[],
  formats: readonly Format[],
): Variant | undefined {
  return format === 'jpeg' && formats.includes('png') ? inFormat(stored, 'png') : undefined;
}

/** One of the formats of a variant: they are all of the same size. @throws Failure `variant_not_found` */
function variantNamed({ variants, image_id }: ImageRecord, asked: string | undefined): Variant {
  if (asked === undefined) {
    const largest = largestOf(variants);
    if (largest) return largest;
    throw new Failure('variant_not_found', `Nothing was made of image ${image_id}.`);
  }
  const named = variants.find(({ name }) => name === asked);
  if (named) return named;
  if (asked === 'original') {
    throw new Failure(
      'variant_not_found',
      'Originals are not public. GET /v1/image/{image_id}/original answers them to those with credentials.',
    );
  }
  const names = listed(variants.map(({ name }) => name));
  throw new Failure('variant_not_found', `v: this image has no ${JSON.stringify(asked)}. It has ${names}.`);
}

/** The one with the most pixels, the first of those that are equally large. */
export function largestOf(variants: readonly Variant[]): Variant | undefined {
  let largest: Variant | undefined;
  for (const variant of variants) {
    if (!largest || variant.width * variant.height > largest.width * largest.height) largest = variant;
  }
  return largest;
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
