import { Failure } from '../failures.ts';
import type { Catalog } from '../images/catalog.ts';
import type { ImageRecord, StoredImage, Variant } from '../images/image.ts';
import { type Choice, chooseVariant, type Rendering } from './choose.ts';
import type { DeferredRenderings } from './deferred.ts';
import type { Permanence } from './lifetime.ts';
import { type Negotiated, negotiate } from './negotiate.ts';
import type { DeliveryParameters } from './parameters.ts';

export interface PictureRequest {
  readonly imageId: string;
  readonly parameters: DeliveryParameters;
  /** looks up a request header by its lower-case name */
  readonly header: (name: string) => string | undefined;
  /** the client has gone: nobody has to wait any more */
  readonly signal?: AbortSignal;
}

/** The picture that answers a request. */
export interface Picture {
  readonly record: ImageRecord;
  readonly variant: Variant;
  readonly permanence: Permanence;
  /** request headers that the choice depended on */
  readonly varyOn: readonly string[];
}

export interface FindPictureDeps {
  readonly catalog: Pick<Catalog, 'readForDelivery'>;
  readonly deferred: DeferredRenderings;
  /** milliseconds that a rendering which nothing can stand in for is waited for */
  readonly waitMs: number;
  /** around each wait: bounds how many there are */
  readonly waiting: <T>(wait: () => Promise<T>) => Promise<T>;
  /** told where a better format could not be asked for; the request goes on without */
  readonly onFault: (error: unknown, imageId: string) => void;
}

/**
 * Finds the stored picture that suits a request, and has a better one made where the pipeline left it for later.
 *
 * @throws Failure `image_not_found`, `image_not_ready`, `variant_not_found`, `not_acceptable`, `overloaded` (what was
 *   asked for outright is still being made)
 */
export async function findPicture(deps: FindPictureDeps, request: PictureRequest): Promise<Picture> {
  const image = await readyImage(deps, request.imageId);
  const negotiated = negotiate(request.header, request.parameters, familyOf(image.record));
  const deferred = await deps.deferred.formatsOf(image);
  const choice = chooseVariant(image.record, request.parameters, negotiated, deferred);
  if ('make' in choice) return waitFor(deps, request, { image, wanted: choice.make, negotiated });
  if (choice.better) await askFor(deps, image, choice.better);
  return pictureOf(image.record, request.parameters, choice, negotiated);
}

async function readyImage({ catalog }: FindPictureDeps, imageId: string): Promise<StoredImage> {
  const image = await catalog.readForDelivery(imageId);
  if (!image) throw new Failure('image_not_found', 'There is no such image. It may have expired.');
  const { status } = image.record;
  if (status === 'ready') return image;
  if (status === 'rejected' || status === 'failed') {
    throw new Failure('variant_not_found', 'Nothing could be made of this image.');
  }
  throw new Failure('image_not_ready', 'This image is not ready yet. Ask again in a moment.');
}

function familyOf({ original }: ImageRecord) {
  return { ...(original?.format && { format: original.format }), isAnimated: (original?.pages ?? 1) > 1 };
}

/** A picture that is better later is no reason for an error now. */
async function askFor(deps: FindPictureDeps, image: StoredImage, better: Rendering): Promise<void> {
  try {
    await deps.deferred.ask(image, better, 'background');
  } catch (error) {
    deps.onFault(error, image.record.image_id);
  }
}

interface Waiting {
  readonly image: StoredImage;
  readonly wanted: Rendering;
  readonly negotiated: Negotiated;
}

async function waitFor(
  deps: FindPictureDeps,
  { parameters, signal }: PictureRequest,
  { image, wanted, negotiated }: Waiting,
): Promise<Picture> {
  const now = await deps.waiting(async () => {
    await deps.deferred.ask(image, wanted, 'interactive');
    return deps.deferred.arrival(image, wanted, deps.waitMs, signal);
  });
  const send = now?.record.variants.find(
    ({ name, format }) => name === wanted.variant && format === wanted.format,
  );
  if (now && send) return pictureOf(now.record, parameters, { send }, negotiated);
  throw new Failure('overloaded', `The ${wanted.format} of this image is being made. Ask again in a moment.`);
}

function pictureOf(
  record: ImageRecord,
  parameters: DeliveryParameters,
  { send, better }: Extract<Choice, { send: Variant }>,
  { varyOn }: Negotiated,
): Picture {
  const settled = parameters.variant === undefined ? 'negotiated' : 'pinned';
  return { record, variant: send, permanence: better ? 'provisional' : settled, varyOn };
}
