import { Failure, isFailure } from '../failures.ts';
import type { Death, DeathCause } from './renderer-child.ts';
import { shuttingDown } from './renderer-refusals.ts';

/** Under what a task failed or its renderer died. */
export interface Circumstances {
  /** milliseconds that the task was given */
  readonly deadlineMs: number;
  /** bytes that the process was given */
  readonly maxRssBytes: number;
  /** resident memory when last seen, bytes */
  readonly rss: number;
  /** what the task was estimated to take, bytes */
  readonly estimatedBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** Share of the memory limit above which a renderer that dies is taken to have run out of memory. */
const NEAR_THE_LIMIT = 0.85;

/** What a task fails with whose renderer died: by what killed it, for the sender's sake in the sender's words. */
export function failureOf(death: Death, under: Circumstances): unknown {
  const cause = new Error(`the renderer ended by ${death.how} (${death.cause})\n${death.lastWords}`);
  return verdicts[causeOf(death, under)](under, cause);
}

type Verdict<Result = unknown> = (under: Circumstances, cause: Error) => Result;

const tooSlow: Verdict = ({ deadlineMs }, cause) =>
  new Failure(
    'render_too_costly',
    `The image took longer than ${deadlineMs / 1000} s to process. Scale it down, or ask for less.`,
    { cause },
  );

const tooLarge: Verdict<Failure> = ({ maxRssBytes }, cause) =>
  new Failure(
    'render_too_costly',
    `The image needs more than ${Math.round(maxRssBytes / 2 ** 20)} MB of memory to process. Scale it down, or ask for less.`,
    { cause },
  );

const crashed: Verdict = (_under, cause) =>
  new Failure('renderer_crashed', 'The process that worked on the image died.', { cause });

const closing: Verdict = (_under, cause) => shuttingDown(cause);

const verdicts: Readonly<Record<DeathCause, Verdict>> = {
  deadline: tooSlow,
  memory: tooLarge,
  nonsense: crashed,
  died: crashed,
  start_too_slow: crashed,
  recycled: crashed,
  closed: closing,
  aborted: (under, cause) => under.signal?.reason ?? closing(under, cause),
};

/** A decoder to which the kernel refuses memory aborts, or runs into a null pointer. */
function causeOf(death: Death, under: Circumstances): DeathCause {
  if (death.cause !== 'died' || isByHand(death)) return death.cause;
  return hadNoRoom(under) ? 'memory' : 'died';
}

function hadNoRoom({ rss, maxRssBytes, estimatedBytes }: Circumstances): boolean {
  return rss >= maxRssBytes * NEAR_THE_LIMIT || estimatedBytes > maxRssBytes;
}

/**
 * What a renderer told of, unless the task never had the memory it needed: of that, each decoder speaks in its own
 * words, most of them as of a damaged file.
 */
export function unlessOutOfMemory(failure: Failure, task: Circumstances): Failure {
  const isDoubtful = isFailure(failure, 'image_corrupt', 'render_failed') && hadNoRoom(task);
  return isDoubtful ? tooLarge(task, failure) : failure;
}

/**
 * Killed by somebody else: an operator, or a kernel short of memory. No decoder dies like this by itself, so the
 * picture in hand is not to blame the first time.
 */
export function isByHand({ cause, signal }: Death): boolean {
  return cause === 'died' && signal === 'SIGKILL';
}
