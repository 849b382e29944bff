import { createRoute, z } from '@hono/zod-openapi';
import type { AuditQuery } from '../../audit/audit-log.ts';
import { AuditEntry, outcomes } from '../../audit/entry.ts';
import type { TrailVerdict } from '../../audit/verify-trail.ts';
import { json, newRouter, type Router, refusals, secured } from '../router.ts';
import type { Services } from '../services.ts';
import { textStream } from '../text-stream.ts';

const Entry = AuditEntry.clone().openapi('AuditEntry') as typeof AuditEntry;

const EntryList = z
  .object({ entries: z.array(Entry), next_cursor: z.string().nullable().describe('null at the end') })
  .openapi('AuditEntryList');

const Head = z.object({ seq: z.int(), hash: z.string() });

const Verdict = z
  .object({
    tenant_id: z.string(),
    sound: z.boolean(),
    entries: z.int().describe('sound ones, up to the first that is not'),
    head: Head.describe('the last sound entry'),
    checkpoint: Head.extend({ at: z.iso.datetime(), signature: z.string() })
      .nullable()
      .describe('the newest signed head that the trail agrees with'),
    finding: z
      .object({ seq: z.int(), flaw: z.string(), detail: z.string() })
      .nullable()
      .describe('the first entry that is not as it was written'),
  })
  .openapi('AuditVerdict');

const PublicKeySet = z
  .object({ keys: z.array(z.record(z.string(), z.unknown())) })
  .openapi('PublicKeySet', { description: 'RFC 7517' });

const listRoute = createRoute({
  method: 'get',
  path: '/v1/audit',
  summary: 'Read the trail, newest first',
  security: secured,
  request: {
    query: z.object({
      actor: z.string().max(256).optional().describe('id of a person, or system, anonymous, local'),
      action: z.string().max(64).optional().describe('such as image.erase'),
      image_id: z.string().max(64).optional(),
      outcome: z.enum(outcomes).optional(),
      from: z.iso.datetime({ offset: true }).optional().describe('inclusive'),
      to: z.iso.datetime({ offset: true }).optional().describe('exclusive'),
      cursor: z.string().max(1024).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
  },
  responses: { 200: json('A page', EntryList), ...refusals('invalid_request', 'unauthorized', 'forbidden') },
});

const exportRoute = createRoute({
  method: 'get',
  path: '/v1/audit/export',
  summary: 'Export the whole trail, oldest first',
  description: 'JSON Lines. The file proves itself: darkroom audit verify FILE needs no server.',
  security: secured,
  responses: {
    200: { description: 'An entry in each line', content: { 'application/jsonl': { schema: z.string() } } },
    ...refusals('unauthorized', 'forbidden'),
  },
});

const verifyRoute = createRoute({
  method: 'get',
  path: '/v1/audit/verify',
  summary: 'Prove that nothing in the trail was altered, removed or reordered',
  security: secured,
  responses: { 200: json('What was found', Verdict), ...refusals('unauthorized', 'forbidden') },
});

const keysRoute = createRoute({
  method: 'get',
  path: '/.well-known/darkroom-keys.json',
  summary: 'The public keys by which checkpoints of the trail and receipts are signed',
  responses: { 200: json('A JWK set', PublicKeySet) },
});

export function auditRoutes({ audit, attestor, verifyTrail }: AuditServices): Router {
  const router = newRouter();

  router.openapi(listRoute, async (c) => {
    const query = queryOf(c.req.valid('query'));
    const { entries, nextCursor } = await audit.list(c.get('principal').tenantId, query);
    return c.json({ entries, next_cursor: nextCursor ?? null }, 200);
  });

  // What is no JSON document cannot be typed as one.
  router.openAPIRegistry.registerPath(exportRoute);
  router.get(exportRoute.path, (c) => {
    const headers = {
      'content-type': 'application/jsonl',
      'content-disposition': 'attachment; filename="audit.jsonl"',
      'cache-control': 'no-store',
    };
    if (c.req.method === 'HEAD') return new Response(null, { headers });
    return new Response(textStream(withLineEnds(audit.lines(c.get('principal').tenantId))), { headers });
  });

  router.openapi(verifyRoute, async (c) => {
    return c.json(verdictView(await verifyTrail(c.get('principal').tenantId)), 200);
  });

  router.openapi(keysRoute, (c) =>
    c.json({ keys: attestor.publicKeys.keys as Record<string, unknown>[] }, 200),
  );

  return router;
}

type AuditServices = Pick<Services, 'audit' | 'attestor' | 'verifyTrail'>;

interface QueryParams extends Pick<AuditQuery, 'limit'> {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly image_id?: string | undefined;
  readonly outcome?: AuditQuery['outcome'] | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly cursor?: string | undefined;
}

function queryOf({
  limit,
  actor,
  action,
  image_id: imageId,
  outcome,
  from,
  to,
  cursor,
}: QueryParams): AuditQuery {
  return {
    limit,
    ...(actor !== undefined && { actor }),
    ...(action !== undefined && { action }),
    ...(imageId !== undefined && { imageId }),
    ...(outcome !== undefined && { outcome }),
    ...(from !== undefined && { from: Date.parse(from) }),
    ...(to !== undefined && { to: Date.parse(to) }),
    ...(cursor !== undefined && { cursor }),
  };
}

function verdictView({ tenantId, sound, entries, head, checkpoint, finding }: TrailVerdict) {
  return {
    ...{ tenant_id: tenantId, sound, entries, head: { seq: head.seq, hash: head.hash } },
    checkpoint: checkpoint
      ? { seq: checkpoint.seq, hash: checkpoint.hash, at: checkpoint.at, signature: checkpoint.signature }
      : null,
    finding: finding ? { ...finding } : null,
  };
}

async function* withLineEnds(lines: AsyncIterable<string>): AsyncIterable<string> {
  for await (const line of lines) yield `${line}\n`;
}
