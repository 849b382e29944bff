import { createRoute, z } from '@hono/zod-openapi';
import { isoTime } from '../../images/clock.ts';
import type { DeadLetter } from '../../pipeline/queue.ts';
import { json, newRouter, type Router, refusals, secured } from '../router.ts';
import { DeadLetterList } from '../schemas.ts';
import type { Services } from '../services.ts';

const IdParams = z.object({ id: z.string() });

const listRoute = createRoute({
  method: 'get',
  path: '/v1/dead-letters',
  summary: 'List work that was given up, newest first',
  security: secured,
  request: {
    query: z.object({
      limit: z.coerce.number().int().min(1).max(200).default(50),
      cursor: z.string().max(1024).optional(),
    }),
  },
  responses: { 200: json('A page', DeadLetterList), ...refusals('invalid_request', 'unauthorized') },
});

const redriveRoute = createRoute({
  method: 'post',
  path: '/v1/dead-letters/{id}/redrive',
  summary: 'Try it again, with a fresh count',
  security: secured,
  request: { params: IdParams },
  responses: {
    202: { description: 'It is in the queue again' },
    ...refusals('unauthorized', 'dead_letter_not_found'),
  },
});

const dropRoute = createRoute({
  method: 'delete',
  path: '/v1/dead-letters/{id}',
  summary: 'Forget it',
  security: secured,
  request: { params: IdParams },
  responses: { 204: { description: 'It is gone' }, ...refusals('unauthorized', 'dead_letter_not_found') },
});

export function deadLetterRoutes({ queue }: Pick<Services, 'queue'>): Router {
  const router = newRouter();
  const { deadLetters } = queue;

  router.openapi(listRoute, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const { letters, nextCursor } = await deadLetters.list({
      tenantId: c.get('principal').tenantId,
      limit,
      ...(cursor !== undefined && { cursor }),
    });
    return c.json({ dead_letters: letters.map(view), next_cursor: nextCursor ?? null }, 200);
  });

  router.openapi(redriveRoute, async (c) => {
    await deadLetters.redrive(c.get('principal').tenantId, c.req.valid('param').id);
    return c.body(null, 202);
  });

  router.openapi(dropRoute, async (c) => {
    await deadLetters.drop(c.get('principal').tenantId, c.req.valid('param').id);
    return c.body(null, 204);
  });

  return router;
}

function view({ id, work, lane, reason, receives, buriedAt }: DeadLetter) {
  const { kind, image_id, generation } = work;
  return { id, image_id, kind, generation, lane, reason, receives, buried_at: isoTime(buriedAt) };
}
