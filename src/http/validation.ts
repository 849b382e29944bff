import type { Hook } from '@hono/zod-openapi';
import type { z } from 'zod';
import { Failure } from '../failures.ts';
import { writePath } from '../pipeline/document-errors.ts';
import type { AppEnv } from './services.ts';

export interface InvalidField {
  /** `tags.team` in a body, `limit` among parameters; as pipelines name their faults */
  readonly path: string;
  readonly message: string;
}

/** Answers what the schema of a route refused: all faults, the first one also in the sentence. */
export const refuseInvalid: Hook<unknown, AppEnv, string, Response | undefined> = (result) => {
  if (result.success) return undefined;
  throw invalidRequest(result.error.issues);
};

export function invalidRequest(issues: readonly z.core.$ZodIssue[]): Failure {
  const errors = issues
    .flatMap(spread)
    .map(({ path, message }): InvalidField => ({ path: writePath(path), message }));
  const [first] = errors;
  const place = first === undefined || first.path === '' ? 'The body' : first.path;
  return new Failure('invalid_request', `${place}: ${first?.message ?? 'not valid'}.`, { extra: { errors } });
}

interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** An unknown field is a fault of the field, not of the object around it. */
function spread(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }];
  return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'there is no such field' }));
}
