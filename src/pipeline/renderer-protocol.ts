import { z } from 'zod';
import { Failure, type FailureCode } from '../failures.ts';
import { PICTURE_FORMATS, type Probe, type ProbeLimits } from '../pixels/picture.ts';
import type { Rendered, RenderPlan } from '../pixels/render-plan.ts';

/**
 * What the service and a renderer process say to each other: plain JSON over the channel between parent and child.
 * Both sides parse what they hear. A renderer decodes hostile bytes, so its parent believes nothing beyond this.
 */

const Megapixels = z.number().positive();
const Limits = z.object({
  formats: z.array(z.enum(PICTURE_FORMATS)).min(1),
  megapixels: Megapixels,
  megapixelsByFormat: z.partialRecord(z.enum(PICTURE_FORMATS), Megapixels),
}) satisfies z.ZodType<ProbeLimits>;

/** A file of its own in the output folder: never a path. */
const FileName = z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,200}$/);

/** The frame of a plan. What the operations mean is the business of `pixels`, which refuses what it does not know. */
const PlanShape = z.object({
  source: z.object({ path: z.string().min(1), format: z.enum(PICTURE_FORMATS) }),
  frames: z
    .array(
      z.object({
        id: z.string(),
        operations: z.array(z.looseObject({ step: z.string(), op: z.string() })),
        outputs: z.array(z.looseObject({ name: z.string(), file: FileName, step: z.string() })),
      }),
    )
    .min(1),
});
const Plan = z.custom<RenderPlan>((value) => PlanShape.safeParse(value).success, 'is not a render plan');

const Id = z.number().int().positive();

export type Task = { readonly id: number } & TaskBody;
export type TaskBody =
  | { readonly kind: 'probe'; readonly path: string; readonly limits: ProbeLimits }
  | { readonly kind: 'render'; readonly plan: RenderPlan; readonly outDir: string };

export const Task: z.ZodType<Task> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('probe'), id: Id, path: z.string().min(1), limits: Limits }),
  z.object({ kind: z.literal('render'), id: Id, plan: Plan, outDir: z.string().min(1) }),
]);

const Side = z.number().int().positive();
const PictureSize = z.object({ width: Side, height: Side });

const ProbeSchema = z.object({
  format: z.enum(PICTURE_FORMATS),
  stored: PictureSize,
  viewed: PictureSize,
  orientation: z.number().int().min(1).max(8),
  pages: z.number().int().positive(),
  animation: z
    .object({ delays: z.array(z.number().nonnegative()), loop: z.number().int().nonnegative() })
    .exactOptional(),
  hasAlpha: z.boolean(),
  isProgressive: z.boolean(),
  depth: z.number().int().positive(),
  space: z.string(),
  hasProfile: z.boolean(),
  metadata: z.record(z.string(), z.unknown()),
}) satisfies z.ZodType<Probe>;

const HexColor = z.string().regex(/^#[0-9a-f]{6}$/);
const Share = z.number().min(0).max(1);

const RenderedSchema = z.object({
  outputs: z.array(
    z.object({
      name: z.string(),
      format: z.enum(['jpeg', 'png', 'gif', 'webp', 'avif']),
      path: z.string(),
      width: Side,
      height: Side,
      pages: Side,
      size: Side,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
  placeholder: z
    .object({
      thumbhash: z.base64().max(64),
      dominant_color: HexColor,
      aspect_ratio: z.number().positive(),
    })
    .exactOptional(),
  blurhash: z
    .string()
    .regex(/^[\x21-\x7e]{6,}$/)
    .max(200)
    .exactOptional(),
  palette: z
    .object({
      colors: z.array(z.object({ hex: HexColor, share: Share })).max(16),
      averageLuminance: Share,
    })
    .exactOptional(),
  stepMs: z.record(z.string(), z.number().nonnegative()),
}) satisfies z.ZodType<Rendered>;

/** All that a renderer may say of a task: that a signature is wrong or a record gone is not for it to claim. */
const RENDERER_CODES = [
  'empty_file',
  'unsupported_format',
  'file_too_large',
  'image_too_large',
  'image_corrupt',
  'render_too_costly',
  'render_failed',
  'storage_full',
  'invalid_pipeline',
  'invalid_request',
] as const satisfies readonly FailureCode[];

/** What the process has used since it began. */
const Usage = z.object({
  /** bytes, now */
  rss: z.number().nonnegative(),
  /** milliseconds of processor time */
  cpuMs: z.number().nonnegative(),
});

const ParameterName = z.string().min(1).max(64);

const TellableFailure = z.object({
  code: z.enum(RENDERER_CODES),
  message: z.string().max(1000),
  /** of a delivery URL, whose value is wrong */
  parameter: ParameterName.exactOptional(),
  /** for the log: never shown to callers */
  detail: z.string().max(4000),
});
type TellableFailure = z.infer<typeof TellableFailure>;

export type Answer = { readonly kind: 'ready' } | TaskAnswer;
export type TaskAnswer = { readonly id: number; readonly usage: z.infer<typeof Usage> } & (
  | { readonly kind: 'probed'; readonly probe: Probe }
  | { readonly kind: 'rendered'; readonly rendered: Rendered }
  | { readonly kind: 'failed'; readonly failure: TellableFailure }
);

export const Answer: z.ZodType<Answer> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('probed'), id: Id, probe: ProbeSchema, usage: Usage }),
  z.object({ kind: z.literal('rendered'), id: Id, rendered: RenderedSchema, usage: Usage }),
  z.object({ kind: z.literal('failed'), id: Id, failure: TellableFailure, usage: Usage }),
]);

/** What a renderer tells of something thrown: what has no code that it may use is `render_failed`. */
export function tellFailure(error: unknown): TellableFailure {
  const detail = (error instanceof Error ? describe(error) : String(error)).slice(0, 4000);
  const told = error instanceof Failure ? TellableFailure.safeParse({ ...pick(error), detail }) : undefined;
  return told?.data ?? { code: 'render_failed', message: 'The image could not be rendered.', detail };
}

/** The failure that a renderer told of, as one of ours. */
export function heardFailure({ code, message, parameter, detail }: TellableFailure): Failure {
  return new Failure(code, message, {
    cause: new Error(detail),
    ...(parameter !== undefined && { extra: { parameter } }),
  });
}

function pick({ code, message, extra }: Failure) {
  const parameter = ParameterName.safeParse(extra.parameter);
  return { code, message, ...(parameter.success && { parameter: parameter.data }) };
}

function describe(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${describe(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
