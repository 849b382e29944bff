import type { Context } from 'hono';
import { Failure } from '../failures.ts';
import { type KnownRoute, patternOf } from './openapi.ts';
import { problemResponse } from './problem.ts';
import type { AppEnv } from './services.ts';

/** Answers what no route took: 405 with the methods that there are where only the method is wrong, else 404. */
export function answerUnrouted(routes: readonly KnownRoute[]): (c: Context<AppEnv>) => Response {
  const patterns = routes.map(({ method, path }) => ({ method, matches: patternOf(path) }));
  return (c) => {
    const methods = patterns.filter(({ matches }) => matches.test(c.req.path)).map(({ method }) => method);
    if (methods.length === 0) {
      return problemResponse(
        c,
        new Failure('not_found', 'There is nothing here. /docs shows what there is.'),
      );
    }
    const allowed = [
      ...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))),
    ];
    const list = allowed.join(', ');
    const failure = new Failure(
      'method_not_allowed',
      `This takes ${list}; got ${c.req.method.slice(0, 16)}.`,
    );
    const response = problemResponse(c, failure);
    response.headers.set('allow', list);
    return response;
  };
}
