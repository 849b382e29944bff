import { reactions } from '../../src/failures.ts';
import type { MadeRequest } from './calls.ts';

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Our own refusals for want of room or of a peer, with which a call may end by its documentation. */
const allowedFaults: readonly number[] = [503, 507];

/** Lines of a stack, paths of this machine, and what errors of the engine begin with. */
const LEAKS =
  /\n\s+at .+:\d+|node:internal|\/src\/[a-z-]+\/[\w/-]+\.ts|SQLITE_|(?:Type|Range|Reference)Error:/;

/** What is wrong with an answer; undefined where it is as it should be. */
export function faultOf(
  { call, headers: sent }: MadeRequest,
  { status, headers, text }: Answered,
): string | undefined {
  if (status >= 500 && !allowedFaults.includes(status)) return `answered ${status}`;
  if (LEAKS.test(text)) return 'tells of its inside';
  if (headers['set-cookie'] !== undefined) return 'sets a cookie';
  if (status < 400) return undefined;
  if (headers['x-request-id'] === undefined) return 'has no request id';
  const isBodiless = call.method === 'HEAD' || sent['x-http-method-override']?.toUpperCase() === 'HEAD';
  return isBodiless ? undefined : problemFault(status, headers['content-type'], text);
}

function problemFault(status: number, contentType: unknown, text: string): string | undefined {
  if (contentType !== 'application/problem+json') return `is ${contentType}, not a problem document`;
  let problem: Record<string, unknown>;
  try {
    problem = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return 'is not JSON';
  }
  if (problem.status !== status) return `says ${problem.status} in its body`;
  if (typeof problem.code !== 'string' || !Object.hasOwn(reactions, problem.code)) {
    return `has the unknown code ${String(problem.code)}`;
  }
  if (problem.code === 'internal') return 'is a fault that nobody foresaw';
  return typeof problem.detail === 'string' && problem.detail !== '' ? undefined : 'says nothing';
}
