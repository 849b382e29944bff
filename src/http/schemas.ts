import { z } from '@hono/zod-openapi';
import { EVENT_TYPES } from '../images/events.ts';
import { ImageRecord, Original, Placeholder, Status, StepReport, Tags, Variant } from '../images/image.ts';
import { UploadRequest } from '../intake/intake.ts';
import { PipelineDocument } from '../pipeline/document.ts';
import { ROLES } from '../roles.ts';

/** The schemas that validate, with the names that they have in the OpenAPI document. */

/** Schemas that were made before OpenAPI came to zod learn of it by being copied. */
function named<Schema extends z.ZodType>(name: string, schema: Schema): Schema {
  return schema.clone().openapi(name) as Schema;
}

const NamedTags = named('Tags', Tags);
const NamedStatus = named('Status', Status);
const NamedStep = named('StepReport', StepReport);

export const Image = named(
  'Image',
  ImageRecord.extend({
    status: NamedStatus,
    original: named('Original', Original).optional(),
    variants: z.array(named('Variant', Variant)),
    placeholder: named('Placeholder', Placeholder).optional(),
    tags: NamedTags,
    steps: z.array(NamedStep),
  }),
);

export const ImageStatus = z
  .object({
    image_id: ImageRecord.shape.image_id,
    status: NamedStatus,
    steps: z.array(NamedStep),
    error: ImageRecord.shape.error,
    processed_at: ImageRecord.shape.processed_at,
    expires_at: ImageRecord.shape.expires_at,
  })
  .openapi('ImageStatus');

export const ImageList = z
  .object({
    images: z.array(Image),
    next_cursor: z.string().nullable().describe('give it as cursor; null at the end'),
  })
  .openapi('ImageList');

export const UploadOrder = named('UploadRequest', UploadRequest.extend({ tags: NamedTags.optional() }));

export const UploadPlace = z
  .object({
    image_id: z.uuid(),
    upload: z.object({
      method: z.literal('PUT'),
      url: z.string().describe('signed: needs no credentials'),
      headers: z.record(z.string(), z.string()).describe('to be sent along'),
      expires_at: z.iso.datetime(),
    }),
    resumable_url: z.string().describe('tus 1.0: HEAD, then PATCH; signed'),
  })
  .openapi('UploadPlace');

export const Uploaded = z.object({ image_id: z.uuid(), status: NamedStatus }).openapi('Uploaded');

export const LinkRequest = z
  .strictObject({
    params: z
      .record(z.string().min(1).max(64), z.string().max(2048))
      .optional()
      .describe('of the delivery grammar, such as v, fm, dl; v=original links to the original'),
    expires_in: z.number().int().min(1).max(315_360_000).optional().describe('seconds; an hour by default'),
  })
  .openapi('LinkRequest');

export const Link = z
  .object({
    url: z.string(),
    expires_at: z.iso.datetime().describe('never after the image itself'),
  })
  .openapi('Link');

export const ReprocessRequest = z
  .strictObject({
    pipeline: z.string().max(128).optional().describe('in its newest version; the image keeps its own else'),
  })
  .openapi('ReprocessRequest');

export const Pipeline = named('Pipeline', PipelineDocument);

export const PipelineVersion = z
  .object({
    name: z.string(),
    version: z.number().int().positive(),
    created_at: z.iso.datetime(),
    document: Pipeline.describe('with all defaults filled in'),
  })
  .openapi('PipelineVersion');

export const PipelineList = z.object({ pipelines: z.array(PipelineVersion) }).openapi('PipelineList');

export const StateMachine = z
  .record(z.string(), z.unknown())
  .openapi('StateMachine', { description: 'Amazon States Language, JSONPath' });

export const DeadLetter = z
  .object({
    id: z.string(),
    image_id: z.uuid(),
    kind: z.enum(['run', 'deferred']),
    generation: z.number().int().positive(),
    lane: z.enum(['interactive', 'background']),
    reason: z.object({ code: z.string(), message: z.string() }),
    receives: z.number().int().nonnegative().describe('how often it was tried'),
    buried_at: z.iso.datetime(),
  })
  .openapi('DeadLetter');

export const DeadLetterList = z
  .object({ dead_letters: z.array(DeadLetter), next_cursor: z.string().nullable() })
  .openapi('DeadLetterList');

export const LiveEvent = z
  .object({
    id: z.string(),
    type: z.enum(EVENT_TYPES),
    image_id: z.uuid(),
    status: NamedStatus,
    generation: z.number().int().positive().optional(),
    error_code: z.string().optional(),
    at: z.iso.datetime(),
  })
  .openapi('Event');

const SourceSet = z.string().describe('widths and URLs, as in HTML');

export const PictureElement = z
  .object({
    sources: z
      .array(z.object({ type: z.string(), srcset: SourceSet, sizes: z.string() }))
      .describe('the first that a browser understands is meant'),
    img: z.object({
      src: z.string().describe('for what understands no srcset'),
      srcset: SourceSet,
      sizes: z.string(),
      width: z.number().int().positive().describe('pixels'),
      height: z.number().int().positive().describe('pixels'),
      alt: z.string(),
      loading: z.enum(['lazy', 'eager']),
      decoding: z.literal('async'),
    }),
    placeholder: z
      .object({
        thumbhash: z.string().describe('base64'),
        data_url: z.string().describe('a small PNG, as a data URI'),
        dominant_color: z.string().describe('#rrggbb'),
        has_alpha: z.boolean().describe('take it away when the picture is there: it would show through'),
      })
      .optional(),
  })
  .openapi('PictureElement');

export const Health = z.object({ status: z.literal('ok') }).openapi('Health');
export const Readiness = z
  .object({ status: z.literal('ready'), roles: z.array(z.enum(ROLES)).describe('of this process') })
  .openapi('Readiness');

export const Problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().describe('what was wrong, and what to do'),
    code: z.string().describe('stable: codes are added, never renamed'),
    instance: z.string().optional(),
    request_id: z.string().describe('the same as in x-request-id and in the log'),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe('each fault with its place, such as tags.team in a body, or the name of a parameter'),
  })
  .openapi('Problem', { description: 'RFC 9457' });
