import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { Failure } from '../../failures.ts';
import { isoTime } from '../../images/clock.ts';
import type { Erasure } from '../../retention/erasure.ts';
import { json, newRouter, type Router, refusals, secured } from '../router.ts';
import type { AppEnv, Services } from '../services.ts';

/** Most people have little here: they get their receipt at once. */
const WAIT_MS = 20_000;

const UserParams = z.object({ id: z.string().max(256) });

const Receipt = z
  .object({
    receipt: z.record(z.string(), z.unknown()).describe('what was destroyed, by id and hash, and when'),
    signature: z
      .string()
      .describe('JWS (RFC 7515) with detached payload over the canonical JSON (RFC 8785) of the receipt'),
  })
  .openapi('ErasureReceipt');

const ErasureView = z
  .object({
    erasure_id: z.string(),
    user_id: z.string(),
    status: z.enum(['running', 'done']),
    asked_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
    fault: z.string().nullable().describe('why it was not finished yet; it is tried again'),
    receipt: Receipt.nullable(),
  })
  .openapi('Erasure');

const exportRoute = createRoute({
  method: 'get',
  path: '/v1/users/{id}/export',
  summary: 'Download everything of a person',
  description: 'A zip archive of originals, records, account and trail, written while it is read.',
  security: secured,
  request: { params: UserParams },
  responses: {
    200: { description: 'The archive', content: { 'application/zip': { schema: z.string() } } },
    ...refusals('unauthorized', 'forbidden', 'user_not_found'),
  },
});

const eraseRoute = createRoute({
  method: 'delete',
  path: '/v1/users/{id}',
  summary: 'Erase a person with everything of theirs',
  description:
    'Images, unfinished uploads, account, sessions and keys. Once it is asked for, it happens, also after a crash.',
  security: secured,
  request: { params: UserParams },
  responses: {
    200: json('It is done; here is the receipt', ErasureView),
    202: { ...json('It goes on', ErasureView), headers: z.object({ location: z.string() }) },
    ...refusals('unauthorized', 'forbidden', 'user_not_found', 'last_owner'),
  },
});

const readRoute = createRoute({
  method: 'get',
  path: '/v1/erasures/{id}',
  summary: 'How far an erasure has come, and its receipt',
  security: secured,
  request: { params: z.object({ id: z.string().max(64) }) },
  responses: { 200: json('The erasure', ErasureView), ...refusals('unauthorized', 'forbidden', 'not_found') },
});

export function userRightRoutes(services: Services): Router {
  const router = newRouter();
  const { eraser, erasures, publicUrl } = services;

  // What is no JSON document cannot be typed as one.
  router.openAPIRegistry.registerPath(exportRoute);
  router.get('/v1/users/:id/export', async (c) => {
    const who = await personFor(c, services, c.req.param('id'));
    const headers = {
      'content-type': 'application/zip',
      'content-disposition': 'attachment; filename="export.zip"',
      'cache-control': 'no-store',
    };
    return new Response(c.req.method === 'HEAD' ? null : services.exportPerson(who), { headers });
  });

  router.openapi(eraseRoute, async (c) => {
    const who = await personFor(c, services, c.req.valid('param').id);
    const asked = await eraser.ask(who, c.get('principal').userId);
    const erasure = await eraser.settled(asked, WAIT_MS);
    if (erasure.finishedAt !== undefined) return c.json(viewOf(erasure), 200);
    c.header('location', `${publicUrl()}/v1/erasures/${erasure.erasureId}`);
    return c.json(viewOf(erasure), 202);
  });

  router.openapi(readRoute, async (c) => {
    const erasure = await erasures.find(c.get('principal').tenantId, c.req.valid('param').id);
    if (erasure) return c.json(viewOf(erasure), 200);
    throw new Failure(
      'not_found',
      'There is no such erasure. Its id was in the answer to DELETE /v1/users/{id}.',
    );
  });

  return router;
}

/** Members, and those who no longer are and left something. @throws Failure `user_not_found` */
async function personFor(
  c: Context<AppEnv>,
  { members, erasures }: Pick<Services, 'members' | 'erasures'>,
  userId: string,
) {
  const { tenantId } = c.get('principal');
  const who = { tenantId, userId };
  const isKnown =
    (await members.find(userId))?.tenantId === tenantId || (await erasures.imagesOf(who, 1)).length > 0;
  if (isKnown) return who;
  throw new Failure('user_not_found', `There is no person ${userId.slice(0, 64)} here.`);
}

function viewOf(erasure: Erasure) {
  const { erasureId, userId, askedAt, finishedAt, fault, receipt } = erasure;
  return {
    erasure_id: erasureId,
    user_id: userId,
    status: finishedAt === undefined ? ('running' as const) : ('done' as const),
    asked_at: isoTime(askedAt),
    finished_at: finishedAt === undefined ? null : isoTime(finishedAt),
    fault: fault ?? null,
    receipt: receipt ? { receipt: plain(receipt.receipt), signature: receipt.signature } : null,
  };
}

/** As the schema sees it: a document whose members only its signature vouches for. */
function plain(receipt: object): Record<string, never> {
  return { ...receipt } as Record<string, never>;
}
