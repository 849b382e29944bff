import { z } from '@hono/zod-openapi';
import { withAccessLog } from './access-log.ts';
import type { App } from './app.ts';
import { inOurWords } from './field-words.ts';
import { answerUnrouted } from './not-found.ts';
import { documentedRoutes } from './openapi.ts';
import { failureFrom, problemResponse } from './problem.ts';
import { withRequestId } from './request-id.ts';
import { newRouter } from './router.ts';
import { operationRoutes } from './routes/operations.ts';
import { withSecurityHeaders } from './security-headers.ts';
import type { Services } from './services.ts';
import { createClientOf, withClient } from './trusted-proxies.ts';

export type HealthServices = Pick<
  Services,
  'faults' | 'roles' | 'metrics' | 'metricsToken' | 'log' | 'clientOf'
>;

/** What a process answers that has no API: whether it is well, and its figures. */
export function createHealthApp(services: HealthServices): App {
  z.config({ customError: inOurWords });
  const app = newRouter();
  app.use(withRequestId);
  app.use(withClient(services.clientOf ?? createClientOf([])));
  app.use(withAccessLog(services));
  app.use(withSecurityHeaders);
  app.route('/', operationRoutes(services));
  app.notFound((c) => answerUnrouted(documentedRoutes(app))(c));
  app.onError((error, c) => problemResponse(c, failureFrom(error)));
  return Object.assign(app, { answerDirectly: () => false });
}
