import { type FailureCode, type QueueReaction, reactions } from '../failures.ts';

/** The part of Amazon States Language (JSONPath) that a pipeline is written in. */
export interface StateMachine {
  readonly Comment: string;
  readonly QueryLanguage: 'JSONPath';
  readonly StartAt: string;
  readonly TimeoutSeconds: number;
  readonly States: Readonly<Record<string, State>>;
}

export type State = TaskState | EndState;

export interface TaskState {
  readonly Type: 'Task';
  readonly Comment: string;
  readonly Resource: string;
  readonly TimeoutSeconds: number;
  readonly Parameters: Readonly<Record<string, unknown>>;
  readonly ResultPath: string | null;
  readonly Retry: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
  readonly Next: string;
}

type EndState =
  | { readonly Type: 'Succeed'; readonly Comment: string }
  | { readonly Type: 'Fail'; readonly Comment: string; readonly Error: string; readonly Cause: string };

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly MaxAttempts: number;
  readonly BackoffRate: number;
  readonly MaxDelaySeconds: number;
  readonly JitterStrategy: 'FULL';
}

export interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly ResultPath: string;
  readonly Next: string;
}

/** Passing trouble of Lambda itself, as AWS advises to retry. */
const LAMBDA_TROUBLE = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
];

/** What every task retries. Each attempt counts: on Express they are billed, and all of them must fit in five minutes. */
export const RETRIES: readonly Retrier[] = [
  retrier(LAMBDA_TROUBLE, { interval: 1, attempts: 5 }),
  retrier(codesThat('retry'), { interval: 2, attempts: 3 }),
];

/** Full jitter: those who failed together must not come back together. */
function retrier(
  errors: readonly string[],
  { interval, attempts }: { interval: number; attempts: number },
): Retrier {
  return {
    ErrorEquals: errors,
    IntervalSeconds: interval,
    MaxAttempts: attempts,
    BackoffRate: 2,
    MaxDelaySeconds: 20,
    JitterStrategy: 'FULL',
  };
}

export function catcher(errors: readonly string[], next: string): Catcher {
  return { ErrorEquals: errors, ResultPath: '$.failure', Next: next };
}

/** The table that tells a worker what to do with a message also tells the machine where to go. */
export function codesThat(reaction: QueueReaction): FailureCode[] {
  const codes = Object.keys(reactions) as FailureCode[];
  return codes.filter((code) => reactions[code].onQueue === reaction);
}
