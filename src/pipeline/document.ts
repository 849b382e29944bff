import type { z } from 'zod';
import { parseDuration } from '../config-units.ts';
import { isImageId } from '../images/keys.ts';
import type { PictureFormat, ProbeLimits } from '../pixels/picture.ts';
import { withEveryStep } from './document-defaults.ts';
import { borrowedMessage, describeIssues, documentError, invalidPipeline } from './document-errors.ts';
import { fields, listOf, text, textLike } from './document-fields.ts';
import { brokenRules } from './document-rules.ts';
import { Step, type StepKind } from './document-steps.ts';

/** A pipeline as people write it: named logical steps, carried out in their order. See docs/pipelines.md. */

const MAX_STEPS = 30;
const LONGEST_RETENTION_MS = 3650 * 86_400_000;
const RETENTION = 'a duration from 1s to 3650d, such as 30s, 12h or 7d';

/** Life of an image, as people write it. */
export const Retention = textLike(/^[0-9]{1,10}(s|m|h|d|w)$/, RETENTION).refine(
  (retention) => {
    const milliseconds = parseDuration(retention) ?? 0;
    return milliseconds >= 1000 && milliseconds <= LONGEST_RETENTION_MS;
  },
  { error: ({ input }) => `must be ${RETENTION}; got ${JSON.stringify(input)}` },
);

export const PipelineDocument = fields({
  name: textLike(
    /^[a-z0-9][a-z0-9_-]{0,63}$/,
    'a name of 1 to 64 characters out of a-z, 0-9, _ and -, beginning with a letter or digit',
  ),
  description: text(500).optional(),
  retention: Retention.optional().describe('life of an image; the service decides where it is left out'),
  steps: listOf(Step, 0, MAX_STEPS, 'steps').superRefine((steps, context) => {
    // A step with a misspelt field would break rules that its author never meant to break.
    if (context.issues.length > 0) return;
    for (const { path, message } of brokenRules(steps)) {
      // The list is at `steps` already.
      context.addIssue({ code: 'custom', path: path.slice(1) as PropertyKey[], message });
    }
  }),
});
export type PipelineDocument = z.infer<typeof PipelineDocument>;

export interface ParseOptions {
  /** watermark images are paths of local files instead of ids of images: only for a pipeline run by its own author */
  readonly localFiles?: boolean;
}

/**
 * A document with all its defaults filled in, ready to be stored. Parsing what it answers changes nothing.
 * @throws Failure `invalid_pipeline`, naming path and mend of the first mistake; `extra.errors` has all of them
 */
export function parsePipeline(input: unknown, options: ParseOptions = {}): PipelineDocument {
  const parsed = PipelineDocument.safeParse(input, { error: borrowedMessage });
  if (!parsed.success) throw invalidPipeline(describeIssues(parsed.error.issues));
  const { data } = parsed;
  const document = { ...data, steps: withEveryStep(data.steps) };
  const misplaced = [...tooManySteps(document), ...(options.localFiles ? [] : localFiles(data))];
  if (misplaced.length > 0) throw invalidPipeline(misplaced);
  return document;
}

function tooManySteps({ steps }: PipelineDocument) {
  if (steps.length <= MAX_STEPS) return [];
  const message = `must be at most ${MAX_STEPS}; with those that every run has there are ${steps.length}`;
  return [documentError(['steps'], message)];
}

/** A server must never open a path that a document names. */
function localFiles(document: PipelineDocument) {
  return document.steps.flatMap((step, index) =>
    step.step === 'watermark' && step.image !== undefined && !isImageId(step.image)
      ? [
          documentError(
            ['steps', index, 'image'],
            'must be the image_id of an image of yours: upload the mark first',
          ),
        ]
      : [],
  );
}

/** How long an image of this pipeline lives, milliseconds. */
export function retentionMs(document: PipelineDocument, fallbackMs: number): number {
  return (document.retention === undefined ? undefined : parseDuration(document.retention)) ?? fallbackMs;
}

/** The one step of a kind that occurs once in every parsed document. */
export function stepOf<Kind extends StepKind>(
  document: PipelineDocument,
  kind: Kind,
): Extract<Step, { step: Kind }> {
  const found = document.steps.find((step): step is Extract<Step, { step: Kind }> => step.step === kind);
  if (!found) throw new Error(`the pipeline document has no ${kind} step: it was not made by parsePipeline`);
  return found;
}

/** Bytes that an original may have. */
export function maxBytes(document: PipelineDocument): number {
  return stepOf(document, 'validate').max_bytes;
}

/** What may be decoded: a format's own limit never allows more than the general one. */
export function probeLimits(document: PipelineDocument): ProbeLimits {
  const { formats, max_megapixels: megapixels, max_megapixels_by_format } = stepOf(document, 'validate');
  const byFormat = Object.entries(max_megapixels_by_format).flatMap(([format, limit]) =>
    limit === undefined ? [] : [[format as PictureFormat, Math.min(limit, megapixels)] as const],
  );
  return { formats, megapixels, megapixelsByFormat: Object.fromEntries(byFormat) };
}

/** Names of the steps as a record reports them, in order and unique: `filter`, `filter_2`. */
export function stepNames(document: PipelineDocument): string[] {
  const seen = new Map<string, number>();
  return document.steps.map(({ step }) => {
    const count = (seen.get(step) ?? 0) + 1;
    seen.set(step, count);
    return count === 1 ? step : `${step}_${count}`;
  });
}

/** What the watermark steps name as their images, each once: ids of images, or local paths. */
export function watermarkImages(document: PipelineDocument): string[] {
  const images = document.steps.flatMap((step) =>
    step.step === 'watermark' && step.image !== undefined ? [step.image] : [],
  );
  return [...new Set(images)];
}
