import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createRoute, z } from '@hono/zod-openapi';
import { Failure } from '../../failures.ts';
import { json, newRouter, type Router, refusals } from '../router.ts';

const documentRoute = createRoute({
  method: 'get',
  path: '/openapi.json',
  summary: 'This document',
  responses: { 200: json('OpenAPI 3.1', z.record(z.string(), z.unknown())) },
});

const pageRoute = createRoute({
  method: 'get',
  path: '/docs',
  summary: 'This document, to browse and to try',
  responses: { 200: { description: 'A page', content: { 'text/html': { schema: z.string() } } } },
});

const assetRoute = createRoute({
  method: 'get',
  path: '/docs/{asset}',
  summary: 'What the page is made of',
  request: { params: z.object({ asset: z.string() }) },
  responses: {
    200: {
      description: 'Script, style or icon',
      content: { 'application/octet-stream': { schema: z.string() } },
    },
    ...refusals('not_found'),
  },
});

/** Everything comes from here, and the page may talk to nobody else. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Darkroom API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
`;

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null });\n`;

/** What of the package is served, and as what. Nothing else of it can be reached. */
const assets: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** @param document the OpenAPI document, made when it is first asked for */
export function documentationRoutes(document: () => object): Router {
  const router = newRouter();

  router.openapi(documentRoute, (c) => {
    c.header('cache-control', 'no-cache');
    return c.json({ ...document() }, 200);
  });

  router.openapi(pageRoute, (c) => {
    c.header('content-security-policy', PAGE_POLICY);
    c.header('cache-control', 'no-cache');
    return c.html(PAGE, 200);
  });

  router.openapi(assetRoute, async (c) => {
    const { asset } = c.req.valid('param');
    if (asset === 'start.js') return answer(START, 'text/javascript; charset=utf-8');
    const mediaType = Object.hasOwn(assets, asset) ? assets[asset] : undefined;
    if (mediaType === undefined) throw new Failure('not_found', 'There is nothing here.');
    return answer(await readFile(join(folder, asset)), mediaType);
  });

  return router;
}

function answer(body: string | Buffer, mediaType: string): Response {
  const bytes = typeof body === 'string' ? body : new Uint8Array(body);
  return new Response(bytes, {
    headers: { 'content-type': mediaType, 'cache-control': 'public, max-age=3600' },
  });
}
