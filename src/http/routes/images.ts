import { createRoute, z } from '@hono/zod-openapi';
import type { ListQuery } from '../../images/catalog.ts';
import { Status } from '../../images/image.ts';
import type { Admission } from '../admission.ts';
import { imageView, recordLinks } from '../image-view.ts';
import { binary, json, newRouter, type Router, refusals, secured } from '../router.ts';
import { Image, ImageList } from '../schemas.ts';
import { sentFile } from '../sent-file.ts';
import type { Services } from '../services.ts';
import { checkedTags } from '../upload-wishes.ts';

const IdempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('names the request: repeating it makes no second image'),
});

const sendRoute = createRoute({
  method: 'post',
  path: '/v1/images',
  summary: 'Send an image',
  description:
    'The bytes as the raw body, or a form with one file. In a form, pipeline and tags come before the file, or in the query.',
  security: secured,
  request: {
    headers: IdempotencyHeader,
    query: z.looseObject({
      filename: z
        .string()
        .max(8192)
        .optional()
        .describe('of a raw body; Content-Disposition and X-Filename do too'),
      pipeline: z.string().max(128).optional(),
      tags: z.string().optional().describe('JSON, such as {"team":"web"}; or tag.team=web'),
      'tag.{name}': z.string().optional().describe('a tag of the image; may be repeated'),
    }),
    body: {
      required: true,
      content: {
        'application/octet-stream': { schema: binary },
        'image/*': { schema: binary },
        'multipart/form-data': {
          schema: {
            type: 'object',
            properties: {
              pipeline: { type: 'string' },
              tags: { type: 'string', description: 'JSON' },
              file: binary,
            },
            required: ['file'],
          },
        },
      },
    },
  },
  responses: {
    202: {
      ...json('Durable, and about to be processed', Image),
      headers: z.object({
        location: z.string(),
        'idempotent-replayed': z.literal('true').optional().describe('the image was sent before'),
      }),
    },
    ...refusals(
      'invalid_request',
      'upload_interrupted',
      'unauthorized',
      'pipeline_not_found',
      'file_too_large',
      'unsupported_format',
      'empty_file',
      'length_mismatch',
      'idempotency_conflict',
      'quota_exceeded',
      'overloaded',
      'storage_full',
    ),
  },
});

const ListParams = z.looseObject({
  user_id: z.string().max(256).optional(),
  status: Status.optional(),
  from: z.iso.datetime({ offset: true }).optional().describe('upload time, inclusive'),
  to: z.iso.datetime({ offset: true }).optional().describe('upload time, exclusive'),
  cursor: z.string().max(1024).optional().describe('next_cursor of the page before'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  'tag.{name}': z
    .string()
    .optional()
    .describe('only images whose tag {name} has this value; may be repeated'),
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/images',
  summary: 'List images, newest first',
  security: secured,
  request: { query: ListParams },
  responses: { 200: json('A page of images', ImageList), ...refusals('invalid_request', 'unauthorized') },
});

export function imagesRoutes(services: Services, admission: Admission): Router {
  const router = newRouter();

  router.openapi(sendRoute, async (c) => {
    const { tenantId, userId } = c.get('principal');
    const key = c.req.valid('header')['idempotency-key'];
    await admission.assertRoomInQueue();
    const { stored, created } = await admission.during('uploads', async () => {
      const { close, ...file } = await sentFile(c);
      const named = key === undefined ? {} : { idempotencyKey: key };
      return services.intake
        .receive({ tenantId, userId, source: 'direct', ...file, ...named })
        .finally(close);
    });
    const links = await recordLinks(services, tenantId);
    if (!created) c.header('idempotent-replayed', 'true');
    c.header('location', `${links.publicUrl}/v1/image/${stored.record.image_id}`);
    return c.json(imageView(stored, links), 202);
  });

  router.openapi(listRoute, async (c) => {
    const query = listQuery(c.req.valid('query'), new URL(c.req.url).searchParams);
    const { images, nextCursor } = await services.catalog.list(c.get('principal').tenantId, query);
    const links = await recordLinks(services, c.get('principal').tenantId);
    const views = images.map((image) => imageView(image, links));
    return c.json({ images: views, next_cursor: nextCursor ?? null }, 200);
  });

  return router;
}

const TAG = 'tag.';
function listQuery(params: z.infer<typeof ListParams>, all: URLSearchParams): ListQuery {
  const tags = checkedTags(
    [...all].flatMap(([name, value]) => (name.startsWith(TAG) ? [[name.slice(TAG.length), value]] : [])),
  );
  const { user_id: userId, status, from, to, cursor, limit } = params;
  return {
    limit,
    ...(userId !== undefined && { userId }),
    ...(status !== undefined && { status }),
    ...(from !== undefined && { from: Date.parse(from) }),
    ...(to !== undefined && { to: Date.parse(to) }),
    ...(cursor !== undefined && { cursor }),
    ...(Object.keys(tags).length > 0 && { tags }),
  };
}
