import type { z } from 'zod';
import { Failure } from '../failures.ts';

/** One mistake in a document: where, and the whole sentence about it. */
export interface DocumentError {
  /** `steps[3].variants[0].width` */
  readonly path: string;
  readonly message: string;
}

/** Mistakes reported for one document: enough to mend it in one go, few enough for an answer. */
const MAX_REPORTED = 50;

/** A Failure `invalid_pipeline` that says the first mistake and carries all of them as `errors`. */
export function invalidPipeline(errors: readonly DocumentError[]): Failure {
  const [first] = errors;
  const others = errors.length > 1 ? ` (and ${errors.length - 1} more: see "errors")` : '';
  return new Failure('invalid_pipeline', `${first?.message}${others}`, {
    extra: { errors: errors.slice(0, MAX_REPORTED) },
  });
}

export function describeIssues(issues: readonly z.core.$ZodIssue[]): DocumentError[] {
  return issues.map(({ path, message }) => documentError(path, message));
}

/** Sentences for the schemas that a document borrows from the record (tags), which say nothing themselves. */
export function borrowedMessage(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_key') return 'must have a name of 1 to 128 characters out of A-Za-z0-9_.:/=+@-';
  if (issue.code === 'too_big') return `must have at most ${issue.maximum} characters`;
  if (issue.code === 'invalid_type') return `must be ${issue.expected === 'string' ? 'text' : 'an object'}`;
  return undefined;
}

export function documentError(path: readonly PropertyKey[], message: string): DocumentError {
  const where = writePath(path);
  return { path: where, message: `${where || 'the document'} ${message}` };
}

export function writePath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      const name = String(part);
      if (!/^\w+$/.test(name)) return `[${JSON.stringify(name)}]`;
      return index > 0 ? `.${name}` : name;
    })
    .join('');
}
