import { Failure, toFailure } from '../failures.ts';
import { RemoteProblem } from './remote/problem.ts';

/** What went wrong, as it is told: in words, and by a stable code for scripts. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly [more: string]: unknown;
}

/** Any thrown value in words. What the system says (no permission, no such folder) is told as it is. */
export function describeFault(error: unknown): Fault {
  if (error instanceof RemoteProblem) {
    const { code, message, status, requestId, errors } = error;
    return {
      code,
      message,
      status,
      ...(requestId === undefined ? {} : { request_id: requestId }),
      ...(errors === undefined ? {} : { errors }),
    };
  }
  const failure = toFailure(error);
  if (failure.code !== 'internal') return { code: failure.code, message: failure.message, ...failure.extra };
  const origin = error instanceof Failure ? error.cause : error;
  if (!(origin instanceof Error)) return { code: 'internal', message: failure.message };
  const { code, syscall } = origin as NodeJS.ErrnoException;
  return { code: code !== undefined && syscall ? code.toLowerCase() : 'internal', message: origin.message };
}
