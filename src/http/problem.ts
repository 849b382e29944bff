import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { Failure, type FailureCode, toFailure } from '../failures.ts';
import type { Answer } from './answer.ts';
import type { AppEnv, Services } from './services.ts';

/** Problem details (RFC 9457) with a stable code; what every error is answered with. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: FailureCode;
  readonly instance?: string;
  readonly request_id: string;
}

export const PROBLEM_TYPE = 'application/problem+json';

/** Seconds after which it may be worth to ask again. */
const retryAfter: Readonly<Partial<Record<FailureCode, number>>> = {
  image_not_ready: 1,
  upload_in_progress: 2,
  not_ready: 5,
  overloaded: 5,
  renderer_crashed: 5,
  renderers_unavailable: 10,
  shutting_down: 5,
  storage_unavailable: 10,
  storage_full: 60,
};

/** Members that a failure's own extras may not take. */
export type Where = { readonly requestId: string; readonly instance?: string };

export function problemDocument(failure: Failure, { requestId, instance }: Where): ProblemDocument {
  const { status, title } = failure.reaction;
  const { retryAfterSeconds: seconds, ...extra } = failure.extra;
  return {
    ...extra,
    ...(seconds !== undefined && { retry_after_seconds: seconds }),
    type: `urn:darkroom:problem:${failure.code}`,
    title,
    status,
    detail: failure.message,
    code: failure.code,
    ...(instance === undefined ? {} : { instance }),
    request_id: requestId,
  };
}

/** Headers that go with the problem: never stored by anybody, and when to come back. */
export function problemHeaders({ code, extra }: Failure): Record<string, string> {
  const seconds = extra.retryAfterSeconds ?? retryAfter[code];
  return {
    'content-type': PROBLEM_TYPE,
    'cache-control': 'no-store',
    ...(seconds === undefined ? {} : { 'retry-after': String(seconds) }),
    ...(code === 'unauthorized' ? { 'www-authenticate': 'Bearer realm="darkroom"' } : {}),
    ...(code === 'range_not_satisfiable' ? { 'content-range': `bytes */${extra.size}` } : {}),
  };
}

/** The answer to a request that ended in a failure, however it is sent. */
export function problemAnswer(failure: Failure, where: Where): Answer {
  const document = problemDocument(failure, where);
  return { status: document.status, headers: problemHeaders(failure), body: JSON.stringify(document) };
}

/** The answer to a request that ended in a failure. */
export function problemResponse(c: Context<AppEnv>, failure: Failure): Response {
  const where = { requestId: c.get('requestId'), instance: c.req.path };
  const { status, headers, body } = problemAnswer(failure, where);
  return new Response(body, { status, headers });
}

/**
 * Whether somebody should look at it. To refuse what there is no room for is no fault: it is counted, and in a flood of
 * requests telling of each with its stack would cost more than refusing it.
 */
function isFault({ code, reaction }: Failure): boolean {
  return reaction.status >= 500 && code !== 'overloaded';
}

/** Whatever a handler threw, as the failure that is answered. Faults are noted in the log, with what threw them. */
export function endedIn(error: unknown, requestId: string, { log }: Pick<Services, 'log'>): Failure {
  const failure = failureFrom(error);
  if (isFault(failure)) {
    log.error({ err: error, request_id: requestId, code: failure.code }, 'a request failed');
  }
  return failure;
}

/** Whatever a handler threw, as a failure with a code. */
export function failureFrom(error: unknown): Failure {
  if (!(error instanceof HTTPException)) return toFailure(error);
  if (error.status === 415) {
    return new Failure(
      'unsupported_media_type',
      'The body of this request is JSON. Send it with Content-Type: application/json.',
    );
  }
  return new Failure('invalid_request', 'The body is not valid JSON. Mend it, then send it again.', {
    cause: error,
  });
}
