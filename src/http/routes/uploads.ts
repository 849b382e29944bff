import { createRoute, z } from '@hono/zod-openapi';
import { isoTime } from '../../images/clock.ts';
import type { UploadPlaces } from '../../intake/upload-places.ts';
import type { Admission } from '../admission.ts';
import { rawTarget } from '../raw-target.ts';
import { announcedLength, bodyStream, limitJsonBody } from '../request-body.ts';
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
import { Uploaded, UploadOrder, UploadPlace } from '../schemas.ts';
import type { Services } from '../services.ts';
import { found } from './image.ts';

/** A signed target that leaks is not good for long; the upload in pieces has its own, longer life. */
const PUT_WITHIN_MS = 15 * 60_000;

const reserveRoute = createRoute({
  method: 'post',
  path: '/v1/upload',
  summary: 'Ask for a place to send an image to',
  description:
    'The bytes then go to upload.url in one PUT with upload.headers, or to resumable_url in pieces. Neither needs credentials. upload.url may lead straight into the store of objects; the image is received then as soon as that tells of it.',
  security: secured,
  middleware: limitJsonBody,
  request: {
    headers: z.object({ 'idempotency-key': z.string().min(1).max(255).optional() }),
    body: { ...jsonBody(UploadOrder), required: true },
  },
  responses: {
    201: { ...json('The place', UploadPlace), headers: z.object({ location: z.string() }) },
    ...refusals(
      'invalid_request',
      'unauthorized',
      'pipeline_not_found',
      'file_too_large',
      'empty_file',
      'idempotency_conflict',
      'unsupported_media_type',
      'quota_exceeded',
      'overloaded',
    ),
  },
});

const putRoute = createRoute({
  method: 'put',
  path: '/v1/upload/{image_id}',
  summary: 'Send the bytes to the place that was asked for',
  description: 'Use the URL exactly as it was given. Sending the same bytes again is harmless.',
  security: [{ signature: [] }],
  request: {
    params: ImageIdParams,
    body: { required: true, content: { '*/*': { schema: binary } } },
  },
  responses: {
    200: json('Durable, and about to be processed', Uploaded),
    ...refusals(
      'upload_interrupted',
      'signature_invalid',
      'image_not_found',
      'already_uploaded',
      'file_too_large',
      'unsupported_format',
      'length_mismatch',
      'overloaded',
      'storage_full',
    ),
  },
});

export function uploadRoutes(services: Services, admission: Admission): Router {
  const router = newRouter();
  const { clock, intake, uploadLinks, uploadPlaces = ownPlaces(services) } = services;

  router.openapi(reserveRoute, async (c) => {
    const key = c.req.valid('header')['idempotency-key'];
    await admission.assertRoomInQueue();
    const { stored } = await intake.reserve({
      ...c.get('principal'),
      source: 'signed_upload',
      request: c.req.valid('json'),
      ...(key !== undefined && { idempotencyKey: key }),
    });
    const { image_id: imageId, expires_at } = stored.record;
    const ends = Date.parse(expires_at);
    const putBy = Math.min(clock.now() + PUT_WITHIN_MS, ends);
    const { url, headers } = await uploadPlaces.placeFor(stored, putBy);
    c.header('location', `${services.publicUrl()}/v1/image/${imageId}`);
    return c.json(
      {
        image_id: imageId,
        upload: {
          method: 'PUT' as const,
          url,
          headers: { ...headers },
          expires_at: isoTime(putBy),
        },
        resumable_url: uploadLinks.resumable(imageId, ends),
      },
      201,
    );
  });

  router.openapi(putRoute, async (c) => {
    uploadLinks.verifyPut(rawTarget(c), clock.now());
    const { image_id: imageId } = c.req.valid('param');
    const { record } = found(await services.catalog.readForDelivery(imageId), imageId);
    const size = announcedLength(c);
    const { stored } = await admission.during('uploads', () =>
      intake.receiveReserved(record.tenant_id, imageId, {
        body: bodyStream(c),
        ...(size !== undefined && { size }),
      }),
    );
    return c.json({ image_id: imageId, status: stored.record.status }, 200);
  });

  return router;
}

/** This service itself, where the store of objects takes no files from senders. */
function ownPlaces({ uploadLinks }: Pick<Services, 'uploadLinks'>): UploadPlaces {
  return {
    placeFor: async ({ record, declared }, until) => ({
      url: uploadLinks.put(record.image_id, until),
      headers: { 'content-type': declared?.content_type ?? 'application/octet-stream' },
    }),
  };
}
