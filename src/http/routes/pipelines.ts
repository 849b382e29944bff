import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { Failure } from '../../failures.ts';
import { isoTime } from '../../images/clock.ts';
import { toStateMachine } from '../../pipeline/asl.ts';
import { parsePipeline } from '../../pipeline/document.ts';
import { documentError, invalidPipeline } from '../../pipeline/document-errors.ts';
import type { StoredPipeline } from '../../pipeline/pipeline-store.ts';
import { assertMarksReady } from '../../pipeline/watermark-marks.ts';
import { limitJsonBody } from '../request-body.ts';
import { json, newRouter, type Router, refusals, secured } from '../router.ts';
import { Pipeline, PipelineList, PipelineVersion, StateMachine } from '../schemas.ts';
import type { AppEnv, Services } from '../services.ts';

const NameParams = z.object({ name: z.string().openapi({ example: 'default' }) });
const VersionQuery = z.object({
  version: z.coerce.number().int().positive().optional().describe('the newest where absent'),
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/pipelines',
  summary: 'List pipelines, each in its newest version',
  security: secured,
  responses: { 200: json('All pipelines', PipelineList), ...refusals('unauthorized') },
});

const readRoute = createRoute({
  method: 'get',
  path: '/v1/pipelines/{name}',
  summary: 'Read a pipeline',
  security: secured,
  request: { params: NameParams, query: VersionQuery },
  responses: {
    200: json('The pipeline', PipelineVersion),
    ...refusals('invalid_request', 'unauthorized', 'pipeline_not_found'),
  },
});

const putRoute = createRoute({
  method: 'put',
  path: '/v1/pipelines/{name}',
  summary: 'Write a pipeline',
  description:
    'Every change is a new version; images keep the version they were made with. Images that watermark steps name have to ' +
    'be there and ready.',
  security: secured,
  middleware: limitJsonBody,
  // By reference: the parser of the pipeline language validates, and says more than a schema can.
  request: {
    params: NameParams,
    body: {
      required: true,
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Pipeline' } } },
    },
  },
  responses: {
    200: json('The pipeline, as it is kept', PipelineVersion),
    ...refusals('invalid_request', 'unauthorized', 'invalid_pipeline', 'unsupported_media_type'),
  },
});

const stateMachineRoute = createRoute({
  method: 'get',
  path: '/v1/pipelines/{name}/state-machine',
  summary: 'Export a pipeline to Amazon States Language',
  security: secured,
  request: { params: NameParams, query: VersionQuery },
  responses: {
    200: json('The state machine', StateMachine),
    ...refusals('invalid_request', 'unauthorized', 'pipeline_not_found', 'invalid_pipeline'),
  },
});

export function pipelineRoutes({ pipelines, catalog }: Pick<Services, 'pipelines' | 'catalog'>): Router {
  const router = newRouter();
  router.openAPIRegistry.register('Pipeline', Pipeline);

  router.openapi(listRoute, async (c) => {
    const all = await pipelines.list(c.get('principal').tenantId);
    return c.json({ pipelines: all.map(view) }, 200);
  });

  router.openapi(readRoute, async (c) => {
    const { name } = c.req.valid('param');
    const pipeline = await find(pipelines, c.get('principal').tenantId, name, c.req.valid('query').version);
    return c.json(view(pipeline), 200);
  });

  router.openapi(putRoute, async (c) => {
    const { name } = c.req.valid('param');
    const { tenantId } = c.get('principal');
    const sent = await jsonOf(c);
    const document = parsePipeline(named(sent, name));
    await assertMarksReady(catalog, tenantId, document, sent);
    return c.json(view(await pipelines.put(tenantId, document)), 200);
  });

  router.openapi(stateMachineRoute, async (c) => {
    const { name } = c.req.valid('param');
    const pipeline = await find(pipelines, c.get('principal').tenantId, name, c.req.valid('query').version);
    return c.json({ ...toStateMachine(pipeline.document) }, 200);
  });

  return router;
}

function view({ name, version, document, createdAt }: StoredPipeline) {
  return { name, version, created_at: isoTime(createdAt), document };
}

async function find(
  pipelines: Services['pipelines'],
  tenantId: string,
  name: string,
  version: number | undefined,
): Promise<StoredPipeline> {
  const pipeline = await pipelines.get(tenantId, name, version);
  if (pipeline) return pipeline;
  const which = version === undefined ? '' : `version ${version} of a `;
  throw new Failure(
    'pipeline_not_found',
    `There is no ${which}pipeline ${JSON.stringify(name.slice(0, 64))}.`,
  );
}

async function jsonOf(c: Context<AppEnv>): Promise<unknown> {
  if (!/^application\/([a-z.-]+\+)?json\b/i.test(c.req.header('content-type') ?? '')) {
    throw new Failure(
      'unsupported_media_type',
      'A pipeline is JSON. Send it with Content-Type: application/json.',
    );
  }
  try {
    return await c.req.json();
  } catch (error) {
    throw new Failure('invalid_request', 'The body is not valid JSON. Mend it, then send it again.', {
      cause: error,
    });
  }
}

/** The name in the path is the name; a document that says another one is a mistake. */
function named(document: unknown, name: string): unknown {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return document;
  if (!('name' in document)) return { ...document, name };
  if (document.name === name) return document;
  throw invalidPipeline([
    documentError(['name'], `must be ${JSON.stringify(name)}, as in the path, or left out`),
  ]);
}
