import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { withPermissions } from './openapi-permissions.ts';
import type { AppEnv } from './services.ts';

const about = {
  title: 'Darkroom',
  description:
    'Images in, small fast pictures out. Errors are problem documents (RFC 9457) with a stable code; every answer carries x-request-id.',
} as const;

export type OpenApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

/** The contract, made of the schemas that validate. */
export function openApiDocument(app: OpenAPIHono<AppEnv>, version: string): OpenApiDocument {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key (dr_live_...), or the access token that signing in answers',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'signature', {
    type: 'apiKey',
    in: 'query',
    name: 'sig',
    description: 'Part of a signed link; use the link exactly as it was given',
  });
  return withPermissions(app.getOpenAPI31Document({ openapi: '3.1.0', info: { ...about, version } }));
}

export interface KnownRoute {
  /** upper case */
  readonly method: string;
  /** `/v1/image/{image_id}` */
  readonly path: string;
  /** of the query */
  readonly parameters: readonly string[];
}

/** Every route that the document knows. */
export function documentedRoutes(app: OpenAPIHono<AppEnv>): KnownRoute[] {
  return app.openAPIRegistry.definitions.flatMap((definition) => {
    if (definition.type !== 'route') return [];
    const { method, path, request } = definition.route;
    return [{ method: method.toUpperCase(), path, parameters: namesIn(request?.query) }];
  });
}

function namesIn(query: unknown): string[] {
  if (query === undefined) return [];
  if (query instanceof z.ZodObject) return Object.keys(query.shape);
  throw new Error('the parameters of a route are named by the schema of an object');
}

/** Which paths a documented path stands for. */
export function patternOf(path: string): RegExp {
  const literal = path.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replace(/\{[^}]+\}/g, '[^/]+')}$`);
}
