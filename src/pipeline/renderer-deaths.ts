import { Failure } from '../failures.ts';
import type { Death, DeathCause } from './renderer-child.ts';
import { NEAR_THE_LIMIT } from './renderer-protocol.ts';

export interface Dying {
  /** milliseconds that the task was given */
  readonly deadlineMs: number;
  /** bytes that the process was given */
  readonly maxRssBytes: number;
  /** resident memory when last seen, bytes */
  readonly rss: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a task fails with whose renderer died: by what killed it, for the sender's sake in the sender's words. */
export function failureOf(death: Death, dying: Dying): unknown {
  const cause = new Error(`the renderer ended by ${death.how} (${death.cause})\n${death.lastWords}`);
  return verdicts[causeOf(death, dying)](dying, cause);
}

type Verdict = (dying: Dying, cause: Error) => unknown;

const tooSlow: Verdict = ({ deadlineMs }, cause) =>
  new Failure(
    'render_too_costly',
    `The image took longer than ${deadlineMs / 1000} s to process. Scale it down, or ask for less.`,
    { cause },
  );

const tooLarge: Verdict = ({ maxRssBytes }, cause) =>
  new Failure(
    'render_too_costly',
    `The image needs more than ${Math.round(maxRssBytes / 2 ** 20)} MB of memory to process. Scale it down, or ask for less.`,
    { cause },
  );

const crashed: Verdict = (_dying, cause) =>
  new Failure('renderer_crashed', 'The process that worked on the image died.', { cause });

const closing: Verdict = (_dying, cause) =>
  new Failure('shutting_down', 'The service is shutting down. Try again in a moment.', { cause });

const verdicts: Readonly<Record<DeathCause, Verdict>> = {
  deadline: tooSlow,
  memory: tooLarge,
  nonsense: crashed,
  died: crashed,
  start_too_slow: crashed,
  recycled: crashed,
  closed: closing,
  aborted: ({ signal }, cause) => signal?.reason ?? closing({} as Dying, cause),
};

/** A decoder to which the kernel refused memory aborts or runs into a null pointer. */
function causeOf(death: Death, { rss, maxRssBytes }: Dying): DeathCause {
  return death.cause === 'died' && !isByHand(death) && rss >= maxRssBytes * NEAR_THE_LIMIT
    ? 'memory'
    : death.cause;
}

/**
 * Killed by somebody else: an operator, or a kernel short of memory. No decoder dies like this by itself, so the
 * picture in hand is not to blame the first time.
 */
export function isByHand({ cause, signal }: Death): boolean {
  return cause === 'died' && signal === 'SIGKILL';
}
