import { Failure } from '../failures.ts';
import type { Catalog } from '../images/catalog.ts';
import type { StoredImage } from '../images/image.ts';
import { isImageId } from '../images/keys.ts';
import { type PipelineDocument, watermarkImages } from '../pipeline/document.ts';
import type { Step } from '../pipeline/document-steps.ts';
import type { PipelineStore } from '../pipeline/pipeline-store.ts';
import type { DerivativeOrder } from './derivative-key.ts';
import type { DeliveryRequest } from './request.ts';

export interface IngredientsDeps {
  readonly catalog: Pick<Catalog, 'read'>;
  readonly pipelines: Pick<PipelineStore, 'get'>;
}

/** What goes into a picture besides its original and its request. */
export type Ingredients = Pick<DerivativeOrder, 'steps' | 'marks'>;

/** What of a pipeline goes into every picture of its images. */
interface Applied {
  /** absent where no step changes what a picture looks like */
  readonly steps?: readonly Step[];
  /** ids of the images that its watermarks are */
  readonly markImages: readonly string[];
}

const NOTHING: Applied = { markImages: [] };
const MOST_REMEMBERED = 1000;

/**
 * Finds the filters and watermarks of an image's pipeline, and the images that watermarks are made of.
 *
 * @returns a function that throws Failure `image_not_found` where the request names a watermark that is not there
 */
export function createIngredients(
  deps: IngredientsDeps,
): (image: StoredImage, request: DeliveryRequest) => Promise<Ingredients> {
  const applied = rememberingPipelines(deps.pipelines);
  return async (image, { mark }) => {
    const { steps, markImages } = await applied(image);
    if (markImages.length === 0 && mark === undefined) return steps ? { steps } : NO_INGREDIENTS;
    const marks: Record<string, StoredImage> = {};
    for (const id of markImages) {
      const found = await deps.catalog.read(image.record.tenant_id, id);
      // Where a watermark of the pipeline is gone, planning says so.
      if (found?.record.original) marks[id] = found;
    }
    if (mark) marks[mark.image] = await markNamed(deps, image, mark.image);
    return { ...(steps && { steps }), marks };
  };
}

const NO_INGREDIENTS: Ingredients = {};

/** A version of a pipeline never changes. */
function rememberingPipelines({
  get,
}: Pick<PipelineStore, 'get'>): (image: StoredImage) => Applied | Promise<Applied> {
  const remembered = new Map<string, Applied>();
  const read = async (tenantId: string, name: string, version: number, key: string) => {
    const pipeline = await get(tenantId, name, version);
    const applied = pipeline ? appliedOf(pipeline.document) : NOTHING;
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    if (pipeline) remembered.set(key, applied);
    return applied;
  };
  return ({ record: { tenant_id, pipeline } }) => {
    const key = `${tenant_id}/${pipeline.name}/${pipeline.version}`;
    return remembered.get(key) ?? read(tenant_id, pipeline.name, pipeline.version, key);
  };
}

function appliedOf(document: PipelineDocument): Applied {
  const steps = document.steps.filter(({ step }) => step === 'filter' || step === 'watermark');
  return { markImages: watermarkImages(document), ...(steps.length > 0 && { steps }) };
}

/** @throws Failure `image_not_found` where the tenant of the image has none of this id */
export async function markNamed(
  { catalog }: Pick<IngredientsDeps, 'catalog'>,
  { record: { tenant_id: tenantId } }: StoredImage,
  name: string,
): Promise<StoredImage> {
  const found = isImageId(name) ? await catalog.read(tenantId, name) : undefined;
  if (found?.record.original) return found;
  throw new Failure(
    'image_not_found',
    `mark: there is no image ${JSON.stringify(name)}. Upload the watermark, and give its image_id.`,
    { extra: { parameter: 'mark' } },
  );
}
