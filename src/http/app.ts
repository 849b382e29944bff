import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { withAccessLog } from './access-log.ts';
import { type Admission, createAdmission } from './admission.ts';
import { withTrail } from './audit-trail.ts';
import { requireAccess } from './call-access.ts';
import { withCors, withOpenCors } from './cors.ts';
import { admitCostlyCalls } from './costly-calls.ts';
import { type AnswerDelivery, createDeliveryAnswers } from './delivery-answers.ts';
import { type AnswerDirectly, createDirectDelivery } from './direct-delivery.ts';
import { inOurWords } from './field-words.ts';
import { answerUnrouted } from './not-found.ts';
import { documentedRoutes, openApiDocument } from './openapi.ts';
import { endedIn, problemResponse } from './problem.ts';
import { createRateLimits } from './rate-limits.ts';
import { withRequestId } from './request-id.ts';
import { newRouter, type Router } from './router.ts';
import { auditRoutes } from './routes/audit.ts';
import { authRoutes } from './routes/auth.ts';
import { accountRoutes } from './routes/auth-account.ts';
import { joiningRoutes } from './routes/auth-joining.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { deliveryRoutes } from './routes/delivery.ts';
import { documentationRoutes } from './routes/documentation.ts';
import { eventRoutes } from './routes/events.ts';
import { imageRoutes } from './routes/image.ts';
import { imagesRoutes } from './routes/images.ts';
import { keyRoutes } from './routes/keys.ts';
import { operationRoutes } from './routes/operations.ts';
import { originalRoutes } from './routes/originals.ts';
import { pictureRoutes } from './routes/picture.ts';
import { pipelineRoutes } from './routes/pipelines.ts';
import { resumableRoutes } from './routes/resumable.ts';
import { subscriptionRoutes } from './routes/subscriptions.ts';
import { tenantRoutes } from './routes/tenant.ts';
import { uploadRoutes } from './routes/uploads.ts';
import { userRightRoutes } from './routes/user-rights.ts';
import { userRoutes } from './routes/users.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { withPictureHeaders, withSecurityHeaders } from './security-headers.ts';
import type { AppEnv, Services } from './services.ts';
import { createClientOf, withClient } from './trusted-proxies.ts';
import { refuseUnknownParameters } from './unknown-parameters.ts';

export type { AppEnv, Services } from './services.ts';

export interface App extends OpenAPIHono<AppEnv> {
  /** Takes requests for pictures that come over a socket, before anything else looks at them. */
  readonly answerDirectly: AnswerDirectly;
}

/** The whole HTTP API over the rooms that it is given. Nothing is opened, nothing is started. */
export function createApp(services: Services): App {
  // of all schemas: the validator of routes takes none for itself
  z.config({ customError: inOurWords });
  const app = newRouter();
  const admission = createAdmission(services.queue, services.limits);
  const clientOf = services.clientOf ?? createClientOf([]);
  const rates = createRateLimits(services.rateLimits);
  const answerDelivery = createDeliveryAnswers(services, {
    admission,
    beforeRendering: (incoming) => rates.assertMayRender(clientOf(incoming)),
  });

  app.use(withRequestId);
  app.use(withClient(clientOf));
  app.use(withAccessLog(services));
  app.use(withSecurityHeaders);
  app.use('/i/*', withOpenCors, withPictureHeaders);
  app.use('/v1/*', withCors(services));
  app.use(rates.around);
  const knownRoutes = () => documentedRoutes(app);
  const answerUnroutedHere = once(() => answerUnrouted(knownRoutes()));
  const unrouted = (c: Context<AppEnv>) => answerUnroutedHere()(c);
  app.use('/v1/*', withTrail(services));
  app.use(requireAccess(services, unrouted, rates.charge));
  app.use('/v1/*', admitCostlyCalls(admission));
  app.use('/v1/*', refuseUnknownParameters(knownRoutes));

  for (const router of routersOf(services, admission, answerDelivery)) app.route('/', router);
  app.route('/', documentationRoutes(once(() => openApiDocument(app, services.version))));

  app.notFound(unrouted);
  app.onError((error, c) => problemResponse(c, endedIn(error, c.get('requestId'), services)));
  return Object.assign(app, {
    answerDirectly: createDirectDelivery({ ...services, clientOf }, answerDelivery),
  });
}

/** All routes but those of the documentation, which is made of these. */
function routersOf(services: Services, admission: Admission, answerDelivery: AnswerDelivery): Router[] {
  return [
    imagesRoutes(services, admission),
    imageRoutes(services, admission),
    originalRoutes(services),
    pictureRoutes(services),
    uploadRoutes(services, admission),
    resumableRoutes(services, admission),
    eventRoutes(services, admission),
    pipelineRoutes(services),
    deadLetterRoutes(services),
    tenantRoutes(services),
    keyRoutes(services),
    userRoutes(services),
    webhookRoutes(services),
    subscriptionRoutes(services),
    authRoutes(services),
    joiningRoutes(services),
    accountRoutes(services),
    deliveryRoutes(services, answerDelivery),
    auditRoutes(services),
    userRightRoutes(services),
    operationRoutes(services, admission),
  ];
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
