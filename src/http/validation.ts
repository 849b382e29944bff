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
  throw invalidRequest(result.error.issues, result.target === 'json' ? writePath : (path) => path.join('.'));
};

/** @param write names the place of a fault */
export function invalidRequest(
  issues: readonly z.core.$ZodIssue[],
  write: (path: readonly PropertyKey[]) => string = writePath,
): Failure {
  return invalidFields(
    issues
      .flatMap(spread)
      .slice(0, MAX_REPORTED)
      .map(({ path, message }) => ({ path: write(path), message })),
  );
}

/** Faults told: enough to mend them in one go, few enough for an answer. */
const MAX_REPORTED = 50;

export function invalidFields(errors: readonly InvalidField[]): Failure {
  const [first] = errors;
  const place = first === undefined || first.path === '' ? 'The body' : first.path;
  const sentence = `${place}: ${first?.message ?? 'not valid'}`;
  const end = /[.?!]$/.test(sentence) ? '' : '.';
  return new Failure('invalid_request', sentence + end, { extra: { errors } });
}

interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** An unknown field is a fault of the field, not of the object around it; so is a name that is not allowed. */
function spread(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: issue.message }));
  }
  return [{ path: issue.path, message: nameFault(issue) ?? issue.message }];
}

/** What the schema of the names says itself. */
function nameFault(issue: z.core.$ZodIssue): string | undefined {
  return issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined;
}
