import type { Catalog } from '../images/catalog.ts';
import type { PipelineDocument } from './document.ts';
import { documentError, invalidPipeline } from './document-errors.ts';

/**
 * A document that names images of its tenant names such that are there: at the first picture it would be too late.
 *
 * @param sent the document as it was written, for the places of mistakes: parsing adds steps
 * @throws Failure `invalid_pipeline`
 */
export async function assertMarksReady(
  catalog: Pick<Catalog, 'read'>,
  tenantId: string,
  document: PipelineDocument,
  sent: unknown,
): Promise<void> {
  const places = watermarksIn(sent);
  const marks = document.steps.filter((step) => step.step === 'watermark');
  const faults = await Promise.all(
    marks.map(async ({ image }, index) => {
      const fault = image === undefined ? undefined : await faultOf(catalog, tenantId, image);
      return fault === undefined ? [] : [documentError(['steps', places[index] ?? index, 'image'], fault)];
    }),
  );
  const errors = faults.flat();
  if (errors.length > 0) throw invalidPipeline(errors);
}

async function faultOf(
  catalog: Pick<Catalog, 'read'>,
  tenantId: string,
  image: string,
): Promise<string | undefined> {
  const status = (await catalog.read(tenantId, image))?.record.status;
  if (status === 'ready') return undefined;
  return status === undefined
    ? 'must be the image_id of an image that is there; upload it, then name it here'
    : `must be an image that is ready; this one is ${status}`;
}

/** Which of the steps are watermarks. */
function watermarksIn(sent: unknown): number[] {
  const { steps } = (sent ?? {}) as { steps?: readonly { step?: unknown }[] };
  return (steps ?? []).flatMap(({ step }, index) => (step === 'watermark' ? [index] : []));
}
