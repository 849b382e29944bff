import { createRoute } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { Failure } from '../../failures.ts';
import type { Requester } from '../../intake/resumable.ts';
import { RESUMABLE_PATH } from '../../intake/upload-links.ts';
import type { Admission } from '../admission.ts';
import { rawTarget } from '../raw-target.ts';
import { binary, ImageIdParams, newRouter, type Router, refusals, secured } from '../router.ts';
import type { AppEnv, Services } from '../services.ts';
import { found } from './image.ts';

/** tus 1.0; what its headers mean is said at https://tus.io/protocols/resumable-upload. */
const either = [...secured, { signature: [] }];
const piece = { required: true, content: { 'application/offset+octet-stream': { schema: binary } } };
const UPLOAD = `${RESUMABLE_PATH}/{image_id}` as const;

const optionsRoute = createRoute({
  method: 'options',
  path: RESUMABLE_PATH,
  summary: 'What the resumable protocol can do here',
  responses: { 204: { description: 'Versions, extensions and limits, in headers' } },
});

const createUploadRoute = createRoute({
  method: 'post',
  path: RESUMABLE_PATH,
  summary: 'Begin a resumable upload (tus 1.0)',
  description:
    'Upload-Metadata takes filename, filetype, pipeline and tags. The last segment of Location is the image id.',
  security: secured,
  responses: {
    201: { description: 'The upload, in Location' },
    ...refusals(
      'invalid_request',
      'unauthorized',
      'pipeline_not_found',
      'file_too_large',
      'quota_exceeded',
      'overloaded',
    ),
  },
});

const headRoute = createRoute({
  method: 'head',
  path: UPLOAD,
  summary: 'Ask how far a resumable upload has come',
  security: either,
  request: { params: ImageIdParams },
  responses: {
    200: { description: 'The offset up to which bytes are durable, in Upload-Offset' },
    ...refusals('unauthorized', 'signature_invalid', 'upload_not_found'),
  },
});

const patchRoute = createRoute({
  method: 'patch',
  path: UPLOAD,
  summary: 'Add a piece to a resumable upload',
  security: either,
  request: { params: ImageIdParams, body: piece },
  responses: {
    204: { description: 'The piece is durable; with the last one the image is received' },
    ...refusals(
      'unauthorized',
      'signature_invalid',
      'upload_not_found',
      'offset_mismatch',
      'file_too_large',
      'unsupported_format',
      'overloaded',
      'storage_full',
    ),
  },
});

/** For clients whose network lets no PATCH pass. */
const overriddenRoute = createRoute({
  method: 'post',
  path: UPLOAD,
  summary: 'The same as PATCH, HEAD or DELETE, named in X-HTTP-Method-Override',
  security: either,
  request: { params: ImageIdParams },
  responses: { 204: { description: 'As of the method that is named' }, ...refusals('unauthorized') },
});

const removeRoute = createRoute({
  method: 'delete',
  path: UPLOAD,
  summary: 'Give up a resumable upload',
  security: either,
  request: { params: ImageIdParams },
  responses: {
    204: { description: 'It is gone' },
    ...refusals('unauthorized', 'signature_invalid', 'upload_not_found', 'already_uploaded'),
  },
});

export function resumableRoutes(services: Services, admission: Admission): Router {
  const router = newRouter();
  const answer = async (c: Context<AppEnv>) => services.resumable(c.req.raw, await requesterOf(c, services));
  const takeBytes = async (c: Context<AppEnv>) => {
    await admission.assertRoomInQueue();
    return admission.during('uploads', () => answer(c));
  };

  router.openapi(optionsRoute, (c) => services.resumable(c.req.raw, nobody));
  router.openapi(createUploadRoute, takeBytes);
  router.openapi(patchRoute, takeBytes);
  router.openapi(overriddenRoute, takeBytes);
  router.openapi(removeRoute, answer);
  // The router asks the handlers of GET about HEAD, and never those of HEAD.
  router.openAPIRegistry.registerPath(headRoute);
  router.get(`${RESUMABLE_PATH}/:image_id`, (c) => {
    if (c.req.method === 'HEAD') return answer(c);
    throw new Failure(
      'method_not_allowed',
      'An upload cannot be read here. GET /v1/image/{image_id} is its record.',
    );
  });
  return router;
}

/** What the protocol can do is nobody's secret. */
const nobody: Requester = { tenantId: '', userId: '' };

/** Whoever has credentials, or else whoever reserved the place that the signed link is about. */
async function requesterOf(c: Context<AppEnv>, services: Services): Promise<Requester> {
  const requestId = c.get('requestId');
  const principal: AppEnv['Variables']['principal'] | undefined = c.get('principal');
  if (principal) return { ...principal, requestId };
  services.uploadLinks.verifyResumable(rawTarget(c), services.clock.now());
  const imageId = c.req.param('image_id') ?? '';
  const { record } = found(await services.catalog.readForDelivery(imageId), imageId);
  return { tenantId: record.tenant_id, userId: record.user_id, requestId };
}
