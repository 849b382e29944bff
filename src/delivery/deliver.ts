import { Failure } from '../failures.ts';
import type { Catalog } from '../images/catalog.ts';
import type { Clock } from '../images/clock.ts';
import type { StoredImage } from '../images/image.ts';
import { type AskedQuery, createQueryReader } from './asked-query.ts';
import { largestOf } from './choose.ts';
import type { HeaderLookup } from './client-hints.ts';
import { createDeferredRenderings, type DeferredDeps } from './deferred.ts';
import { type DerivedPictureDeps, findDerived } from './derived-picture.ts';
import { familyOf } from './family.ts';
import { createIngredients, type IngredientsDeps } from './ingredients.ts';
import type { Permanence } from './lifetime.ts';
import { type Negotiated, negotiate } from './negotiate.ts';
import type { Permission, Permit } from './permission.ts';
import type { Picture } from './picture.ts';
import { isPlain } from './plain.ts';
import { assertReady } from './readiness.ts';
import type { DeliveryRequest, OutputRequest } from './request.ts';
import { createSettledRequests, type Deal } from './settled-requests.ts';
import { StoredBodies } from './stored-bodies.ts';
import { findStored, type StoredPictureDeps } from './stored-picture.ts';
import { textAnswer } from './text-answers.ts';

export interface DeliveryDeps
  extends DeferredDeps,
    IngredientsDeps,
    Pick<DerivedPictureDeps, 'deriver'>,
    Pick<StoredPictureDeps, 'waitMs' | 'waiting' | 'onFault'> {
  readonly catalog: Pick<Catalog, 'read' | 'readForDelivery'>;
  readonly clock: Clock;
  readonly objects: ConstructorParameters<typeof StoredBodies>[0];
  readonly permit: Permit;
}

export interface DeliveryAsk {
  readonly imageId: string;
  /** path and query exactly as they were sent */
  readonly target: string;
  readonly header: HeaderLookup;
  /** aborts when the client has gone */
  readonly signal: () => AbortSignal;
  /** Called before a picture is made for this request. @throws Failure, which is then the answer */
  readonly beforeMaking?: () => void;
}

/** What to send, and for how long it is good. */
export interface Delivered {
  readonly picture: Picture;
  readonly permanence: Permanence;
  /** when image, watermark or link end, whichever is first, milliseconds */
  readonly endsAt: number;
  readonly varyOn: readonly string[];
  readonly acceptCh: readonly string[];
  /** `dl`: as a file of this name; '' for the usual one */
  readonly download: string | undefined;
}

export type Deliver = (ask: DeliveryAsk) => Promise<Delivered>;

/**
 * Finds what answers a delivery request: read the query, find the image, look whether it may be seen, negotiate, then
 * take what the pipeline has stored or have it made of the original.
 *
 * @returns a function that throws Failure `invalid_request`, `analysis_off`, `image_not_found`, `image_not_ready`,
 *   `variant_not_found`, `signature_required`, `signature_invalid`, `signature_expired`, `not_acceptable`, `overloaded` and what rendering
 *   throws; `object_not_found` while a body is read means that another generation has taken its place: ask again
 */
export function createDeliver(deps: DeliveryDeps): Deliver {
  const parts: Parts = {
    ...deps,
    readQuery: createQueryReader(),
    bodies: new StoredBodies(deps.objects),
    deferred: createDeferredRenderings(deps),
    ingredients: createIngredients(deps),
    settledRequest: createSettledRequests(),
  };
  return async (ask) => {
    const { request, generation } = parts.readQuery(queryOf(ask.target));
    const image = await findImage(parts, ask.imageId);
    const permission = await parts.permit(ask.target, image);
    assertReady(image.record);
    const negotiated = negotiate(ask.header, request, familyOf(image.record));
    const picture = await findPicture(parts, { ask, request, image, permission, negotiated });
    return {
      picture,
      permanence: permanenceOf(picture, generation),
      endsAt: Math.min(
        Date.parse(picture.image.record.expires_at),
        picture.endsAt ?? Number.POSITIVE_INFINITY,
        permission.endsAt,
      ),
      varyOn: negotiated.varyOn,
      acceptCh: negotiated.acceptCh,
      download: request.output.download,
    };
  };
}

interface Parts extends DeliveryDeps, StoredPictureDeps, DerivedPictureDeps {
  readonly readQuery: (query: string) => AskedQuery;
  readonly settledRequest: ReturnType<typeof createSettledRequests>;
}

function queryOf(target: string): string {
  const question = target.indexOf('?');
  return question < 0 ? '' : target.slice(question + 1);
}

async function findImage({ catalog, bodies }: Parts, imageId: string): Promise<StoredImage> {
  const image = await catalog.readForDelivery(imageId);
  if (image) return image;
  bodies.forget(imageId);
  throw new Failure('image_not_found', 'There is no such image. It may have expired.');
}

interface Wanted {
  readonly ask: DeliveryAsk;
  readonly request: DeliveryRequest;
  readonly image: StoredImage;
  readonly permission: Permission;
  readonly negotiated: Negotiated;
}

async function findPicture(parts: Parts, wanted: Wanted): Promise<Picture> {
  const { request, negotiated } = wanted;
  const { text, palette } = request.output;
  if (text !== undefined || palette !== undefined) return findWords(parts, wanted);
  if (request.variant !== undefined) return findVariant(parts, wanted, request.variant);
  if (isPlain(request) && negotiated.width === undefined) return findPlain(parts, wanted);
  return derive(parts, wanted, { formats: negotiated.formats });
}

/** What is said of the picture instead of showing it: by its record, or by its pixels. */
async function findWords(parts: Parts, wanted: Wanted): Promise<Picture> {
  const { request, image } = wanted;
  const body = textAnswer(request, image.record);
  return body ? { image, body, isProvisional: false } : derive(parts, wanted, { formats: undefined });
}

async function findVariant(parts: Parts, wanted: Wanted, variant: string): Promise<Picture> {
  const found = await findStored(parts, { ...storedRequest(wanted), variant });
  if ('derive' in found) throw new Error('a variant that is named is not made of the original');
  if (isPlain(wanted.request)) return found;
  return {
    ...found,
    note: `v answers a variant as it is stored: what else is said of the picture was left alone`,
  };
}

/** The picture as the pipeline made it, or as large as that in another format or quality. */
async function findPlain(parts: Parts, wanted: Wanted): Promise<Picture> {
  const { request, image, negotiated } = wanted;
  if (negotiated.formats && !changesEncoding(request.output, negotiated.quality)) {
    const found = await findStored(parts, { ...storedRequest(wanted), variant: undefined });
    if (!('derive' in found)) return found;
    const rest = negotiated.formats.slice(negotiated.formats.indexOf(found.derive));
    return derive(parts, wanted, { formats: rest, like: found.like });
  }
  const like = largestOf(image.record.variants);
  return derive(parts, wanted, { formats: negotiated.formats, ...(like && { like }) });
}

function storedRequest({ ask, image, negotiated }: Wanted) {
  return { image, formats: negotiated.formats ?? [], isOpen: negotiated.isOpen, signal: ask.signal };
}

/** What is stored has the quality that its pipeline gave it. */
function changesEncoding(output: OutputRequest, quality: Negotiated['quality']): boolean {
  return (
    quality === 'saving' ||
    output.autoCompress ||
    ENCODINGS.some((option) => output[option] !== undefined && output[option] !== false)
  );
}

const ENCODINGS = [
  'quality',
  'isLossless',
  'isProgressive',
  'isPalette',
  'chroma',
  'colorSpace',
  'colors',
] as const satisfies readonly (keyof OutputRequest)[];

function derive(
  parts: Parts,
  { ask, request, image, permission: { isSigned }, negotiated }: Wanted,
  { formats, like }: Pick<Negotiated, 'formats'> & Pick<Deal, 'like'>,
): Promise<Picture> {
  const deal: Deal = { negotiated, isSigned, ...(like && { like }) };
  return findDerived(parts, {
    image,
    formats,
    isOpen: negotiated.isOpen,
    signal: ask.signal,
    ...(ask.beforeMaking && { beforeMaking: ask.beforeMaking }),
    settledAs: (format) => parts.settledRequest(request, deal, format),
  });
}

function permanenceOf({ isProvisional, image }: Picture, generation: number | undefined): Permanence {
  if (isProvisional) return 'provisional';
  return generation === image.generation ? 'versioned' : 'settled';
}
