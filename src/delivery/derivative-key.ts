import { hash } from 'node:crypto';
import { Failure } from '../failures.ts';
import type { ImageRecord, Original, StoredImage } from '../images/image.ts';
import type { Step } from '../pipeline/document-steps.ts';
import { canonicalQuery } from './grammar/canonical.ts';
import type { DeliveryRequest } from './request.ts';

/** To be raised whenever the same request would give another picture: what was kept before is not used any more. */
const RENDERER_VERSION = 2;

/** A picture to be made: everything that decides what it looks like. */
export interface DerivativeOrder {
  readonly image: StoredImage;
  /** its format is decided; who asks and under which name it is downloaded changes nothing */
  readonly request: DeliveryRequest;
  /** the steps of the image's pipeline that apply to the picture: filters, watermarks */
  readonly steps?: readonly Step[];
  /** images that the request or the steps put on the picture, by the reference they give */
  readonly marks?: Readonly<Record<string, StoredImage>>;
}

/** Identity of the picture that an order asks for: 64 lower-case hex digits. @throws Failure `image_not_ready` */
export function derivativeKey(order: DerivativeOrder): string {
  const { image, request, steps = [], marks = {} } = order;
  if (steps.length > 0 || Object.keys(marks).length > 0) return hashOf(order);
  const known = keysOf(image.record);
  const identity = identityOf(request);
  const before = known.get(identity);
  if (before !== undefined) return before;
  const key = hashOf(order);
  if (known.size < MOST_KEYS) known.set(identity, key);
  return key;
}

/** Of pictures that are made of nothing but their original and their request: most are, and most come again. */
const keys = new WeakMap<ImageRecord, Map<string, string>>();
/** Of each record. A page asks for fewer. */
const MOST_KEYS = 64;

function keysOf(record: ImageRecord): Map<string, string> {
  const known = keys.get(record) ?? new Map<string, string>();
  keys.set(record, known);
  return known;
}

function hashOf({ image, request, steps, marks }: DerivativeOrder): string {
  const { tenant_id, image_id, pipeline } = image.record;
  const parts = [
    RENDERER_VERSION,
    tenant_id,
    image_id,
    originalOf(image).sha256,
    identityOf(request),
    // A version of a pipeline never changes.
    steps && steps.length > 0 ? [pipeline.name, pipeline.version] : null,
    Object.entries(marks ?? {}).map(([name, mark]) => [name, originalOf(mark).sha256]),
  ];
  return hash('sha256', JSON.stringify(parts));
}

/** @throws Failure `image_not_ready` where nothing was uploaded yet */
export function originalOf({ record }: StoredImage): Original {
  if (record.original) return record.original;
  throw new Failure('image_not_ready', 'This image has not been uploaded yet. Ask again in a moment.');
}

/** A request that is asked again and again is written out once. */
const identities = new WeakMap<DeliveryRequest, string>();

function identityOf(request: DeliveryRequest): string {
  const known = identities.get(request);
  if (known !== undefined) return known;
  const { download: _, ...output } = request.output;
  const asked = { ...output, autoFormat: false, hints: { width: false, dpr: false, saveData: false } };
  const identity = canonicalQuery({ ...request, output: asked });
  identities.set(request, identity);
  return identity;
}
