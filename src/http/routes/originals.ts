import { createRoute } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { contentDisposition } from '../../delivery/file-names.ts';
import { markNamed } from '../../delivery/ingredients.ts';
import { createLink, markIn } from '../../delivery/links.ts';
import { Failure } from '../../failures.ts';
import { isoTime } from '../../images/clock.ts';
import type { StoredImage } from '../../images/image.ts';
import { mediaTypes } from '../../images/keys.ts';
import { rawTarget } from '../raw-target.ts';
import { limitJsonBody } from '../request-body.ts';
import {
  binary,
  ImageIdParams,
  json,
  jsonBody,
  newRouter,
  type Router,
  refusals,
  secured,
} from '../router.ts';
import { Link, LinkRequest } from '../schemas.ts';
import { pictureHeaders } from '../security-headers.ts';
import type { AppEnv, Services } from '../services.ts';
import { sendObject } from '../stored-object.ts';
import { found } from './image.ts';

const HOUR_S = 3600;

const originalRoute = createRoute({
  method: 'get',
  path: '/v1/image/{image_id}/original',
  summary: 'Download the original',
  description:
    'The bytes as they were sent, with credentials or by a signed link. They are not made harmless: only variants are.',
  security: [{ bearer: [] }, { signature: [] }],
  request: { params: ImageIdParams },
  responses: {
    200: { description: 'The bytes', content: { 'image/*': { schema: binary } } },
    302: { description: 'The bytes are at this address, for some minutes and without credentials' },
    206: { description: 'A part of the bytes', content: { 'image/*': { schema: binary } } },
    304: { description: 'You have it already' },
    ...refusals(
      'unauthorized',
      'signature_invalid',
      'image_not_found',
      'image_not_ready',
      'range_not_satisfiable',
    ),
  },
});

const linkRoute = createRoute({
  method: 'post',
  path: '/v1/image/{image_id}/link',
  summary: 'Make a signed link',
  security: secured,
  middleware: limitJsonBody,
  request: { params: ImageIdParams, body: { ...jsonBody(LinkRequest), required: false } },
  responses: {
    200: json('The link', Link),
    ...refusals('invalid_request', 'unauthorized', 'image_not_found'),
  },
});

export function originalRoutes(services: Services): Router {
  const router = newRouter();

  router.openapi(originalRoute, async (c) => {
    const { image_id: imageId } = c.req.valid('param');
    const { record } = found(await imageForWhomeverAsks(c, services, imageId), imageId);
    const { original } = record;
    if (!original)
      throw new Failure('image_not_ready', 'The bytes of this image are not here. Send them first.');
    const { key, size, sha256, format, filename } = original;
    const contentType = format ? mediaTypes[format] : 'application/octet-stream';
    const disposition = contentDisposition('attachment', filename);
    if (services.originalLinks && isPlainGet(c)) {
      const file = { key, contentType, contentDisposition: disposition };
      c.header('cache-control', 'no-store');
      return c.redirect(await services.originalLinks.linkTo(file), 302);
    }
    return sendObject(c, services, {
      ...{ key, size, sha256 },
      headers: {
        ...pictureHeaders,
        'content-type': contentType,
        'content-disposition': disposition,
        'cache-control': 'private, no-store',
      },
    });
  });

  router.openapi(linkRoute, async (c) => {
    const { image_id: imageId } = c.req.valid('param');
    const { params = {}, expires_in: seconds = HOUR_S } = c.req.valid('json');
    const image = found(await services.catalog.read(c.get('principal').tenantId, imageId), imageId);
    const { record } = image;
    const name = markIn(params);
    const mark = name === undefined ? undefined : await markNamed(services, image, name);
    const order = { params, expiresInMs: seconds * 1000, ...(mark && { mark: mark.record }) };
    // Originals are the service's own affair: what a tenant has signed itself never opens one.
    const signer =
      params.v === 'original' ? services.signer : await services.links.signerOf(record.tenant_id);
    const { pathAndQuery, expiresAt } = createLink(signer, record, order, services.clock.now());
    return c.json({ url: services.publicUrl() + pathAndQuery, expires_at: isoTime(expiresAt) }, 200);
  });

  return router;
}

/** With credentials, an image of one's own; with a signed link, the one that it names. */
async function imageForWhomeverAsks(
  c: Context<AppEnv>,
  { catalog, signer, clock }: Services,
  imageId: string,
): Promise<StoredImage | undefined> {
  const principal: AppEnv['Variables']['principal'] | undefined = c.get('principal');
  if (principal) return catalog.read(principal.tenantId, imageId);
  signer.verify('GET', rawTarget(c), clock.now());
  return catalog.readForDelivery(imageId);
}

/** The store knows neither our entity tags nor how to answer HEAD with a signature for GET. */
function isPlainGet({ req }: Context<AppEnv>): boolean {
  return req.method === 'GET' && !['if-none-match', 'if-match', 'if-range'].some((name) => req.header(name));
}
