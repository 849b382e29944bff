import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { CLIENT_GONE } from '../answer.ts';
import type { AnswerDelivery } from '../delivery-answers.ts';
import { rawTarget } from '../raw-target.ts';
import { binary, ImageIdParams, newRouter, type Router, refusals } from '../router.ts';
import { toResponse } from '../send.ts';
import type { AppEnv, Services } from '../services.ts';

const DeliveryQuery = z.looseObject({
  w: z.string().optional().describe('width in pixels, or a share of the source such as 0.5'),
  h: z.string().optional().describe('height, as w'),
  fit: z.string().optional().describe('clip, max, crop, min, scale, fill, fillmax or clamp'),
  fm: z.string().optional().describe('avif, webp, jpg, pjpg, png, png8, gif, json, thumbhash or blurhash'),
  q: z.string().optional().describe('quality, 0 to 100'),
  auto: z.string().optional().describe('format, compress'),
  v: z.string().optional().describe('name of a stored variant'),
  g: z.string().optional().describe('generation of the image that the URL was written for'),
  dl: z.string().optional().describe('download under this name instead of showing it'),
  exp: z.string().optional().describe('of a signed link'),
  sig: z.string().optional().describe('of a signed link'),
  expires: z.string().optional().describe('of a link signed as clients of imgix do'),
  s: z.string().optional().describe('of a link signed as clients of imgix do; where the tenant takes them'),
});

const about = {
  method: 'get',
  description:
    'Everybody sees the images of a tenant whose delivery is public; those of others need a signed URL. The name at the end is for people and decides nothing. docs/delivery.md has all parameters.',
  responses: {
    200: { description: 'The picture', content: { 'image/*': { schema: binary } } },
    206: { description: 'A part of it', content: { 'image/*': { schema: binary } } },
    304: { description: 'You have it already' },
    ...refusals(
      'invalid_request',
      'analysis_off',
      'signature_required',
      'signature_invalid',
      'signature_expired',
      'image_not_found',
      'variant_not_found',
      'not_acceptable',
      'image_not_ready',
      'range_not_satisfiable',
      'render_too_costly',
      'rate_limited',
      'quota_exceeded',
      'overloaded',
    ),
  },
} as const;

const plainRoute = createRoute({
  ...about,
  path: '/i/{image_id}',
  summary: 'A picture, in the size and format that suit whoever asks',
  request: { params: ImageIdParams, query: DeliveryQuery },
});

const namedRoute = createRoute({
  ...about,
  path: '/i/{image_id}/{name}',
  summary: 'The same, with a name in the URL',
  request: { params: ImageIdParams.extend({ name: z.string() }), query: DeliveryQuery },
});

/** Delivery by way of the router. Most requests over a socket take the shorter way: see `direct-delivery.ts`. */
export function deliveryRoutes({ log }: Pick<Services, 'log'>, answer: AnswerDelivery): Router {
  const router = newRouter();

  const deliver = async (c: Context<AppEnv>) => {
    const { method } = c.req;
    const imageId = c.req.param('image_id') ?? '';
    const onBroken = (err: unknown) => {
      const about = { err, image_id: imageId, request_id: c.get('requestId') };
      log.error(about, 'a picture could not be read to its end');
    };
    try {
      const answered = await answer({
        imageId,
        method: method === 'HEAD' ? method : 'GET',
        target: rawTarget(c),
        header: (name) => c.req.header(name),
        signal: () => c.req.raw.signal,
        incoming: c.env?.incoming,
      });
      return toResponse(answered, onBroken, c.env?.outgoing);
    } catch (error) {
      if (c.req.raw.signal.aborted) return new Response(null, { status: CLIENT_GONE });
      throw error;
    }
  };
  // Described without being checked by the router: the grammar has better words for what is wrong.
  for (const route of [plainRoute, namedRoute]) {
    router.openAPIRegistry.registerPath(route);
    router.get(route.getRoutingPath(), deliver);
  }
  return router;
}
