import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Failure } from '../../failures.ts';
import { defaultPipeline } from '../../pipeline/default-pipeline.ts';
import { type PipelineDocument, parsePipeline, stepOf, watermarkImages } from '../../pipeline/document.ts';
import { UsageError } from '../command.ts';

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

/** @throws UsageError, Failure `invalid_pipeline` */
export async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`Cannot read ${JSON.stringify(file)}: ${error.message}.`);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure('invalid_pipeline', `${file} is not valid JSON: ${why}`, { cause: error });
  }
}

function withoutDeferral(document: PipelineDocument): PipelineDocument {
  const steps = document.steps.map((step) =>
    step.step === 'convert'
      ? { ...step, outputs: step.outputs.map((output) => ({ ...output, when: 'now' as const })) }
      : step,
  );
  return { ...document, steps };
}
