import { stat } from 'node:fs/promises';
import { Failure } from '../failures.ts';
import type { Original, StoredImage } from '../images/image.ts';
import { type PipelineDocument, watermarkImages } from './document.ts';
import type { StoredPipeline } from './pipeline-store.ts';
import type { Work } from './queue.ts';
import { type PipelineResult, runPipeline } from './run-pipeline.ts';
import type { Assignment, WorkerDeps } from './worker-ports.ts';

/** The version of the pipeline that the run is to use; of a variant that is added, the one that made the others. */
export async function pipelineOf(
  { platform }: WorkerDeps,
  { record, run }: StoredImage,
  work: Work,
): Promise<StoredPipeline> {
  const isItsRun = work.kind === 'run' && run?.generation === work.generation;
  const { name, version } = (isItsRun && run.pipeline) || record.pipeline;
  const pipeline = await platform.pipelines.get(record.tenant_id, name, version);
  if (pipeline) return pipeline;
  throw new Failure('pipeline_not_found', `There is no version ${version} of a pipeline "${name}".`);
}

export interface Making {
  readonly stored: StoredImage;
  readonly document: PipelineDocument;
  readonly work: Work;
  readonly outDir: string;
}

/** Runs the pipeline over the stored original; the outputs are in `outDir` then. */
export async function makeOutputs(
  deps: WorkerDeps,
  { stored, document, work, outDir }: Making,
  { delivery, signal }: Assignment,
): Promise<PipelineResult> {
  const { objects } = deps.platform;
  const { original } = stored.record;
  if (!original)
    throw new Failure('object_not_found', 'The record names no original. Upload the image again.');
  const marks = await markKeys(deps, document, work.tenant_id);
  return withLocalFiles(objects, marks, signal, (markPaths) =>
    objects.withLocalFile(
      original.key,
      async (sourcePath) => {
        await assertSize(sourcePath, original);
        return runPipeline({
          ...{ renderers: deps.renderers, clock: deps.clock, attempts: delivery.receives },
          ...{ document, sourcePath, outDir, markPaths, signal },
          ...(work.kind === 'deferred' && { only: { variant: work.variant, format: work.format } }),
        });
      },
      { signal },
    ),
  );
}

/** Cheap, and finds what was cut short. `verify` compares the hashes. */
async function assertSize(path: string, { size, key }: Original): Promise<void> {
  const found = (await stat(path)).size;
  if (found === size) return;
  throw new Failure('object_damaged', `The stored original ${key} has ${found} bytes instead of ${size}.`);
}

/** Keys of the originals of the images that watermark steps name. Those that are gone are left out: planning says so. */
async function markKeys(
  { platform }: WorkerDeps,
  document: PipelineDocument,
  tenantId: string,
): Promise<[image: string, key: string][]> {
  const found: [string, string][] = [];
  for (const image of watermarkImages(document)) {
    const key = (await platform.catalog.read(tenantId, image))?.record.original?.key;
    if (key !== undefined) found.push([image, key]);
  }
  return found;
}

/** Several objects as local files at once, by name. */
async function withLocalFiles<T>(
  objects: WorkerDeps['platform']['objects'],
  [first, ...others]: readonly (readonly [name: string, key: string])[],
  signal: AbortSignal,
  use: (paths: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  if (!first) return use({});
  const [name, key] = first;
  return objects.withLocalFile(
    key,
    (path) => withLocalFiles(objects, others, signal, (paths) => use({ ...paths, [name]: path })),
    { signal },
  );
}
