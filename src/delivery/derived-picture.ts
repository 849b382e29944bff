import { isFailure } from '../failures.ts';
import type { Format, StoredImage, Variant } from '../images/image.ts';
import type { DerivativeOrder } from './derivative-key.ts';
import type { Deriver } from './derive.ts';
import type { Ingredients } from './ingredients.ts';
import type { Negotiated } from './negotiate.ts';
import type { Picture, PictureBody } from './picture.ts';
import type { DeliveryRequest } from './request.ts';
import type { StoredBodies } from './stored-bodies.ts';

export interface DerivedPictureDeps {
  readonly deriver: Pick<Deriver, 'find' | 'derive' | 'deriveLater'>;
  readonly ingredients: (image: StoredImage, request: DeliveryRequest) => Promise<Ingredients>;
  readonly bodies: StoredBodies;
}

export interface DerivedPictureRequest {
  readonly image: StoredImage;
  /** the request in a format: undefined leaves that to the source's family */
  readonly settledAs: (format: Format | undefined) => DeliveryRequest;
  readonly formats: Negotiated['formats'];
  /** the formats are what the client takes, and not what the URL names */
  readonly isOpen: boolean;
  /** the client has gone */
  readonly signal: () => AbortSignal;
  /** @throws Failure where none may be made for whoever asks */
  readonly beforeMaking?: () => void;
}

/** Takes seconds to make: it is not waited for where something else will do. */
const SLOW: Format = 'avif';

/**
 * Finds the picture that a request asks for, made of the original, and makes it where it is not kept. What takes long
 * to make is sent where it is there; else the next best is, and the better one is made meanwhile.
 *
 * @throws Failure as {@link Deriver.derive}, and `image_not_found` where a watermark is not there
 */
export async function findDerived(
  deps: DerivedPictureDeps,
  request: DerivedPictureRequest,
): Promise<Picture> {
  const { image, settledAs, formats = [undefined], isOpen } = request;
  const ingredients = await deps.ingredients(image, settledAs(formats[0]));
  const orderFor = (format: Format | undefined): DerivativeOrder => ({
    ...ingredients,
    image,
    request: settledAs(format),
  });
  const [best, second] = formats;
  if (!isOpen || best !== SLOW || second === undefined) return make(deps, request, orderFor(best));
  const better = orderFor(best);
  const found = await deps.deriver.find(better);
  if (found) return pictureOf(better, found);
  const picture = await make(deps, request, orderFor(second));
  deps.deriver.deriveLater(better);
  return { ...picture, isProvisional: true };
}

async function make(
  { deriver, bodies }: DerivedPictureDeps,
  { image, formats = [], isOpen, signal, beforeMaking }: DerivedPictureRequest,
  order: DerivativeOrder,
): Promise<Picture> {
  try {
    const kept = await deriver.find(order);
    if (kept) return pictureOf(order, kept);
    beforeMaking?.();
    return pictureOf(order, await deriver.derive(order, signal()));
  } catch (error) {
    const stored = isOpen && isBusy(error) && nearest(image, order.request, formats);
    if (!stored) throw error;
    const note = `the nearest stored variant, ${stored.name}: too many pictures are being made at this moment`;
    return { image, body: bodies.of(stored), isProvisional: true, note };
  }
}

function isBusy(error: unknown): boolean {
  return isFailure(error, 'overloaded', 'renderers_unavailable', 'renderer_crashed');
}

/** Of the variants in a format that the client takes, the smallest that is wide enough, or the largest. */
function nearest(
  { record }: StoredImage,
  { size }: DeliveryRequest,
  formats: readonly Format[],
): Variant | undefined {
  const width = size.width && 'px' in size.width ? size.width.px * (size.dpr ?? 1) : 0;
  const height = size.height && 'px' in size.height ? size.height.px * (size.dpr ?? 1) : 0;
  const bySize = record.variants
    .filter(({ format }) => formats.includes(format))
    .sort(
      (one, other) =>
        one.width * one.height - other.width * other.height ||
        formats.indexOf(one.format) - formats.indexOf(other.format),
    );
  const isKnown = width > 0 || height > 0;
  const enough = bySize.find((variant) => variant.width >= width && variant.height >= height);
  if (isKnown && enough) return enough;
  const largest = bySize.at(-1);
  return bySize.find(({ name }) => name === largest?.name);
}

function pictureOf(
  { image, marks }: DerivativeOrder,
  body: PictureBody & { readonly note?: string },
): Picture {
  return {
    ...{ image, body, isProvisional: false },
    ...(marks && { endsAt: endOf(Object.values(marks)) }),
    ...(body.note !== undefined && { note: body.note }),
  };
}

/** Of the first of them to end, milliseconds. */
function endOf(images: readonly StoredImage[]): number {
  return Math.min(...images.map(({ record }) => Date.parse(record.expires_at)));
}
