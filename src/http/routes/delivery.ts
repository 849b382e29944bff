import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { createDeferredRenderings } from '../../delivery/deferred.ts';
import { contentDisposition, processedName, withExtension } from '../../delivery/file-names.ts';
import { type FindPictureDeps, findPicture, type Picture } from '../../delivery/find-picture.ts';
import { cacheControl } from '../../delivery/lifetime.ts';
import { type DeliveryParameters, readParameters } from '../../delivery/parameters.ts';
import { isFailure } from '../../failures.ts';
import { mediaTypes } from '../../images/keys.ts';
import type { Admission } from '../admission.ts';
import { rawTarget } from '../raw-target.ts';
import { binary, ImageIdParams, newRouter, type Router, refusals } from '../router.ts';
import { pictureHeaders } from '../security-headers.ts';
import type { AppEnv, Services } from '../services.ts';
import { sendObject } from '../stored-object.ts';

/** milliseconds that a request for a rendering which is not there yet waits for it */
const WAIT_FOR_RENDERING_MS = 10_000;

const once = z.string({ error: 'is to be given once' }).optional();

const DeliveryQuery = z.looseObject({
  v: once.describe('name of a stored variant; the largest where absent'),
  fm: once.describe('jpg, webp, avif, png or gif; negotiated by Accept where absent'),
  dl: once.describe('download under this name instead of showing it'),
  exp: once.describe('of a signed link'),
  sig: once.describe('of a signed link'),
});

const about = {
  method: 'get',
  description: 'Public unless signed. The name at the end is for people and decides nothing.',
  responses: {
    200: { description: 'The picture', content: { 'image/*': { schema: binary } } },
    206: { description: 'A part of it', content: { 'image/*': { schema: binary } } },
    304: { description: 'You have it already' },
    ...refusals(
      'invalid_request',
      'signature_invalid',
      'image_not_found',
      'variant_not_found',
      'not_acceptable',
      'image_not_ready',
      'range_not_satisfiable',
      'overloaded',
    ),
  },
} as const;

const plainRoute = createRoute({
  ...about,
  path: '/i/{image_id}',
  summary: 'A picture, in the format that suits whoever asks',
  request: { params: ImageIdParams, query: DeliveryQuery },
});

const namedRoute = createRoute({
  ...about,
  path: '/i/{image_id}/{name}',
  summary: 'The same, with a name in the URL',
  request: { params: ImageIdParams.extend({ name: z.string() }), query: DeliveryQuery },
});

export function deliveryRoutes(services: Services, admission: Admission): Router {
  const router = newRouter();
  const deps: FindPictureDeps = {
    catalog: services.catalog,
    deferred: createDeferredRenderings(services),
    waitMs: WAIT_FOR_RENDERING_MS,
    waiting: (wait) => admission.during('waiters', wait),
    onFault: (err, imageId) =>
      services.log.warn({ err, image_id: imageId }, 'a better format could not be asked for'),
  };

  const deliver = async (c: Context<AppEnv>) => {
    const query = new URL(c.req.url).searchParams;
    const linkEnds = verifySignature(c, services, query);
    const parameters = readParameters(query);
    const send = async () => {
      const picture = await findPicture(deps, {
        imageId: c.req.param('image_id') ?? '',
        parameters,
        header: (name) => c.req.header(name),
        signal: c.req.raw.signal,
      });
      return sendPicture(c, services, { picture, parameters, linkEnds });
    };
    try {
      return await send();
    } catch (error) {
      // A new generation took the place of the one that was just read: its record says where the bytes are now.
      if (isFailure(error, 'object_not_found')) return await send();
      throw error;
    }
  };
  router.openapi(plainRoute, deliver);
  router.openapi(namedRoute, deliver);
  return router;
}

/**
 * A signature that is there has to be good, also where none is needed.
 * @returns until when the link is, milliseconds
 */
function verifySignature(
  c: Context<AppEnv>,
  { signer, clock }: Pick<Services, 'signer' | 'clock'>,
  query: URLSearchParams,
): number {
  if (!query.has('sig') && !query.has('exp')) return Number.POSITIVE_INFINITY;
  return signer.verify('GET', rawTarget(c), clock.now()).expiresAt;
}

interface Found {
  readonly picture: Picture;
  readonly parameters: DeliveryParameters;
  readonly linkEnds: number;
}

function sendPicture(
  c: Context<AppEnv>,
  services: Services,
  { picture, parameters: { download }, linkEnds }: Found,
): Promise<Response> {
  const { record, permanence, varyOn } = picture;
  const { key, size, sha256, format } = picture.variant;
  const usual = processedName(record.original?.filename ?? record.image_id, format);
  const name = download ? withExtension(download, format) : usual;
  const ends = [Date.parse(record.expires_at), linkEnds];
  return sendObject(c, services, {
    key,
    size,
    sha256,
    headers: {
      ...pictureHeaders,
      'content-type': mediaTypes[format],
      'content-disposition': contentDisposition(download === undefined ? 'inline' : 'attachment', name),
      'cache-control': cacheControl(permanence, ends, services.clock.now()),
      ...(varyOn.length > 0 && { vary: varyOn.join(', ') }),
    },
  });
}
