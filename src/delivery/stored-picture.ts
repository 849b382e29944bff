import { Failure } from '../failures.ts';
import type { Format, StoredImage, Variant } from '../images/image.ts';
import { type Choice, chooseVariant, type Rendering } from './choose.ts';
import type { DeferredRenderings } from './deferred.ts';
import type { Picture } from './picture.ts';
import type { StoredBodies } from './stored-bodies.ts';

export interface StoredPictureDeps {
  readonly deferred: DeferredRenderings;
  readonly bodies: StoredBodies;
  /** milliseconds that a rendering which nothing can stand in for is waited for */
  readonly waitMs: number;
  /** around each wait: bounds how many there are */
  readonly waiting: <T>(wait: () => Promise<T>) => Promise<T>;
  /** told where a better format could not be asked for; the request goes on without */
  readonly onFault: (error: unknown, imageId: string) => void;
}

export interface StoredPictureRequest {
  readonly image: StoredImage;
  /** `v`; the largest variant where absent */
  readonly variant: string | undefined;
  /** best first */
  readonly formats: readonly Format[];
  /** the formats are what the client takes, and not what the URL names */
  readonly isOpen: boolean;
  /** the client has gone: nobody has to wait any more */
  readonly signal: () => AbortSignal;
}

/** Nothing of the kind is stored, or will be: it has to be made of the original. */
export type NotStored = Extract<Choice, { derive: Format }>;

/**
 * Finds the picture that the pipeline made, and has a better one made where the pipeline left it for later.
 *
 * @throws Failure `variant_not_found`, `not_acceptable`, `overloaded` (what was asked for outright is still being made)
 */
export async function findStored(
  deps: StoredPictureDeps,
  request: StoredPictureRequest,
): Promise<Picture | NotStored> {
  const { image, variant, formats, isOpen } = request;
  const deferred = await deps.deferred.formatsOf(image);
  const choice = chooseVariant(image.record, { variant, formats, isOpen, deferred });
  if ('derive' in choice) return choice;
  if ('make' in choice) return waitFor(deps, request, choice.make);
  if (choice.better) await askFor(deps, image, choice.better);
  return pictureOf(deps, image, choice.send, choice.better !== undefined);
}

/** A picture that is better later is no reason for an error now. */
async function askFor(deps: StoredPictureDeps, image: StoredImage, better: Rendering): Promise<void> {
  try {
    await deps.deferred.ask(image, better, 'background');
  } catch (error) {
    deps.onFault(error, image.record.image_id);
  }
}

async function waitFor(
  deps: StoredPictureDeps,
  { image, signal }: StoredPictureRequest,
  wanted: Rendering,
): Promise<Picture> {
  const now = await deps.waiting(async () => {
    await deps.deferred.ask(image, wanted, 'interactive');
    return deps.deferred.arrival(image, wanted, deps.waitMs, signal());
  });
  const send = now?.record.variants.find(
    ({ name, format }) => name === wanted.variant && format === wanted.format,
  );
  if (now && send) return pictureOf(deps, now, send, false);
  throw new Failure('overloaded', `The ${wanted.format} of this image is being made. Ask again in a moment.`);
}

function pictureOf(
  { bodies }: StoredPictureDeps,
  image: StoredImage,
  variant: Variant,
  isProvisional: boolean,
): Picture {
  return { image, body: bodies.of(variant), isProvisional };
}
