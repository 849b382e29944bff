import { createRoute, z } from '@hono/zod-openapi';
import { Failure } from '../../failures.ts';
import type { StoredImage } from '../../images/image.ts';
import { whenSettled } from '../../notices/settled.ts';
import { askReprocess } from '../../pipeline/reprocess.ts';
import type { Admission } from '../admission.ts';
import { matchesNone } from '../conditional.ts';
import { imageView, recordLinks, statusView, versionTag } from '../image-view.ts';
import { limitJsonBody } from '../request-body.ts';
import { ImageIdParams, json, jsonBody, newRouter, type Router, refusals, secured } from '../router.ts';
import { Image, ImageStatus, ReprocessRequest } from '../schemas.ts';
import type { Services } from '../services.ts';

/** milliseconds that `?wait=ready` holds at most */
const LONGEST_WAIT_MS = 30_000;

const Conditional = z.object({ 'if-none-match': z.string().optional() });

const readRoute = createRoute({
  method: 'get',
  path: '/v1/image/{image_id}',
  summary: 'Read the record of an image',
  security: secured,
  request: {
    params: ImageIdParams,
    headers: Conditional,
    query: z.object({
      wait: z
        .literal('ready', { error: 'must be ready, or left out' })
        .optional()
        .describe('holds the answer until processing has ended, at most 30 seconds'),
    }),
  },
  responses: {
    200: { ...json('The record', Image), headers: z.object({ etag: z.string() }) },
    304: { description: 'You have it already' },
    ...refusals('invalid_request', 'unauthorized', 'image_not_found', 'overloaded'),
  },
});

const statusRoute = createRoute({
  method: 'get',
  path: '/v1/image/{image_id}/status',
  summary: 'Read how far an image has come',
  security: secured,
  request: { params: ImageIdParams, headers: Conditional },
  responses: {
    200: { ...json('Status and steps', ImageStatus), headers: z.object({ etag: z.string() }) },
    304: { description: 'You have it already' },
    ...refusals('unauthorized', 'image_not_found'),
  },
});

const eraseRoute = createRoute({
  method: 'delete',
  path: '/v1/image/{image_id}',
  summary: 'Erase an image now, with all that was made of it',
  security: secured,
  request: { params: ImageIdParams },
  responses: { 204: { description: 'It is gone' }, ...refusals('unauthorized', 'image_not_found') },
});

const reprocessRoute = createRoute({
  method: 'post',
  path: '/v1/image/{image_id}/reprocess',
  summary: 'Run a pipeline again',
  description:
    'What is published stays, with the pipeline that made it, until the new run takes its place. Where that fails, `error` ' +
    'and a failed step say so, the status stays `ready`, and the run can be tried again from the dead letters.',
  security: secured,
  middleware: limitJsonBody,
  request: { params: ImageIdParams, body: { ...jsonBody(ReprocessRequest), required: false } },
  responses: {
    202: json('The run is asked for', Image),
    ...refusals(
      'invalid_request',
      'unauthorized',
      'image_not_found',
      'pipeline_not_found',
      'image_not_ready',
    ),
  },
});

export function imageRoutes(services: Services, admission: Admission): Router {
  const router = newRouter();

  router.openapi(readRoute, async (c) => {
    const which = { tenantId: c.get('principal').tenantId, imageId: c.req.valid('param').image_id };
    const waits = c.req.valid('query').wait !== undefined;
    const stop = AbortSignal.any([c.req.raw.signal, ...(c.env?.closing ? [c.env.closing] : [])]);
    const image = waits
      ? await admission.during('waiters', () => whenSettled(services, which, LONGEST_WAIT_MS, stop))
      : await services.catalog.read(which.tenantId, which.imageId);
    const stored = found(image, which.imageId);
    const links = await recordLinks(services, which.tenantId);
    const tag = versionTag(stored, links);
    c.header('etag', tag);
    if (matchesNone(c.req.valid('header')['if-none-match'], tag)) return c.body(null, 304);
    return c.json(imageView(stored, links), 200);
  });

  router.openapi(statusRoute, async (c) => {
    const { image_id: imageId } = c.req.valid('param');
    const image = found(await services.catalog.read(c.get('principal').tenantId, imageId), imageId);
    const tag = versionTag(image);
    c.header('etag', tag);
    if (matchesNone(c.req.valid('header')['if-none-match'], tag)) return c.body(null, 304);
    return c.json(statusView(image), 200);
  });

  router.openapi(eraseRoute, async (c) => {
    const { image_id: imageId } = c.req.valid('param');
    await services.eraseImage({ tenantId: c.get('principal').tenantId, imageId });
    services.wake();
    return c.body(null, 204);
  });

  router.openapi(reprocessRoute, async (c) => {
    const { image_id: imageId } = c.req.valid('param');
    const { pipeline } = c.req.valid('json');
    const image = await askReprocess(services, {
      tenantId: c.get('principal').tenantId,
      imageId,
      ...(pipeline !== undefined && { pipeline }),
    });
    services.wake();
    return c.json(imageView(image, await recordLinks(services, image.record.tenant_id)), 202);
  });

  return router;
}

/** @throws Failure `image_not_found` */
export function found(image: StoredImage | undefined, imageId: string): StoredImage {
  if (image) return image;
  throw new Failure(
    'image_not_found',
    `There is no image ${imageId.slice(0, 64)}. It may have expired or been erased.`,
  );
}
