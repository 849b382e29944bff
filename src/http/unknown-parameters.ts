import { createMiddleware } from 'hono/factory';
import { type CallRule, comesBySignature, ruleOf } from '../identity/call-table.ts';
import { unknownParameter } from './field-words.ts';
import { type KnownRoute, patternOf } from './openapi.ts';
import type { AppEnv } from './services.ts';
import { invalidFields } from './validation.ts';

/**
 * Refuses parameters that a route of the API does not have: a filter that is misspelt would list what nobody asked
 * for. Parameters are those that the OpenAPI document knows. To a link there is nothing to add: its signature covers
 * all of them.
 *
 * @param routesOf called once, with the first request: by then all routes are there
 * @throws Failure `invalid_request`
 */
export function refuseUnknownParameters(routesOf: () => readonly KnownRoute[]) {
  let routes: Route[] | undefined;
  return createMiddleware<AppEnv>(async (c, next) => {
    const query = new URL(c.req.url).searchParams;
    // OPTIONS asks what there is, and lists nothing.
    if (query.size > 0 && c.req.method !== 'OPTIONS') {
      routes ??= routesOf().map((route) => ({
        method: route.method,
        matches: patternOf(route.path),
        rule: ruleOf(route.method, route.path),
        ...parametersOf(route.parameters),
      }));
      const { method, path } = c.req;
      const asked = method === 'HEAD' ? 'GET' : method;
      const route = routes.find((it) => it.method === asked && it.matches.test(path));
      if (route && !isByLink(route, query)) refuse(query, route);
    }
    await next();
  });
}

interface Route extends Parameters {
  readonly method: string;
  readonly matches: RegExp;
  readonly rule: CallRule | undefined;
}

function isByLink({ rule }: Route, query: URLSearchParams): boolean {
  return rule !== undefined && comesBySignature(rule, query);
}

interface Parameters {
  /** as documented: `tag.{name}` stands for all that begin with `tag.` */
  readonly known: readonly string[];
  readonly prefixes: readonly string[];
}

function parametersOf(known: readonly string[]): Parameters {
  return { known, prefixes: known.flatMap((name) => (name.includes('{') ? name.replace(/\{.*/, '') : [])) };
}

function refuse(query: URLSearchParams, { known, prefixes }: Parameters): void {
  const errors = [...new Set(query.keys())].flatMap((name) => {
    const path = name.slice(0, 64);
    if (prefixes.some((prefix) => name.startsWith(prefix) && name !== prefix)) return [];
    if (!known.includes(name)) return [{ path, message: unknownParameter(name, known) }];
    if (query.getAll(name).length > 1) return [{ path, message: 'is given more than once; give it once' }];
    return [];
  });
  if (errors.length > 0) throw invalidFields(errors);
}
