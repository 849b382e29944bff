import { dirname, resolve } from 'node:path';
import { defaultPipeline } from '../../pipeline/default-pipeline.ts';
import { type PipelineDocument, parsePipeline, stepOf, watermarkImages } from '../../pipeline/document.ts';
import { readJson } from '../read-json.ts';

export interface LocalPipeline {
  readonly document: PipelineDocument;
  /** watermark image as the document names it -> local file */
  readonly markPaths: Readonly<Record<string, string>>;
}

/**
 * The pipeline of a local run: of a file, whose watermark images are paths that start at its folder, or the default.
 *
 * @param includeDeferred make at once what a service would make when it is first asked for
 * @throws UsageError where the file cannot be read, Failure `invalid_pipeline` where it is wrong
 */
export async function localPipeline(
  file: string | undefined,
  includeDeferred: boolean,
): Promise<LocalPipeline> {
  const document =
    file === undefined ? defaultPipeline : parsePipeline(await readJson(file), { localFiles: true });
  const baseDir = file === undefined ? '.' : dirname(file);
  const marks = watermarkImages(document).map((image) => [image, resolve(baseDir, image)] as const);
  return {
    document: includeDeferred ? withoutDeferral(document) : document,
    markPaths: Object.fromEntries(marks),
  };
}

export function variantNames(document: PipelineDocument): string[] {
  return stepOf(document, 'resize').variants.map(({ name }) => name);
}

function withoutDeferral(document: PipelineDocument): PipelineDocument {
  const steps = document.steps.map((step) =>
    step.step === 'convert'
      ? { ...step, outputs: step.outputs.map((output) => ({ ...output, when: 'now' as const })) }
      : step,
  );
  return { ...document, steps };
}
