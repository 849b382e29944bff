import type { Failure } from '../../failures.ts';
import type { Intake, Landed } from '../intake.ts';
import type { KafkaMessage } from './broker.ts';
import type { DeadLetters } from './dead-letters.ts';
import { readMessage } from './message.ts';
import type { PointedObjects } from './pointed.ts';
import { sleep } from './sleep.ts';
import { verdictOn } from './verdict.ts';

export interface MessageTakingDeps {
  readonly intake: Pick<Intake, 'receive'>;
  /** of the message's topic; messages of a topic that belongs to nobody are not read */
  readonly tenantOf: (message: KafkaMessage) => string;
  /** whose the images are whose messages name nobody */
  readonly userId: string;
  readonly pointed: PointedObjects;
  readonly deadLetters: DeadLetters;
  readonly log: Remarks;
  /** each reading makes an image of its own: what `replay --again` asks for */
  readonly again?: string;
}

/** What of a logger is needed here. */
export interface Remarks {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

export type Outcome = 'taken' | 'repeated' | 'dead-lettered' | 'dropped' | 'interrupted';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
/** For failures that may be the fault of the message. */
const A_LITTLE = 6;

/**
 * Makes an image of a message, or gives it to the dead letters. Where the storage is full or away it tries again until
 * `signal` aborts.
 */
export async function takeMessage(
  deps: MessageTakingDeps,
  message: KafkaMessage,
  signal: AbortSignal,
): Promise<Outcome> {
  for (let tries = 1; ; tries += 1) {
    try {
      return (await receive(deps, message, signal)).created ? 'taken' : 'repeated';
    } catch (error) {
      const outcome = await reactTo(deps, message, error, tries, signal);
      if (outcome) return outcome;
    }
    await pause(tries, signal);
    if (signal.aborted) return 'interrupted';
  }
}

/** Nothing where it is to be tried again. */
async function reactTo(
  deps: MessageTakingDeps,
  message: KafkaMessage,
  error: unknown,
  tries: number,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  if (signal.aborted) return 'interrupted';
  const { verdict, failure } = verdictOn(error);
  const { topic, partition, offset } = message;
  const place = { topic, partition, offset: String(offset), code: failure.code };
  if (verdict === 'taken') return 'repeated';
  if (verdict === 'drop') {
    deps.log.info(place, 'a message was dropped');
    return 'dropped';
  }
  if (verdict === 'dead-letter' || (verdict === 'retry a little' && tries >= A_LITTLE)) {
    return await bury(deps, message, failure, place);
  }
  deps.log.warn({ err: error, ...place, tries }, 'a message cannot be taken now');
  return undefined;
}

async function bury(
  { deadLetters, log }: MessageTakingDeps,
  message: KafkaMessage,
  failure: Failure,
  place: object,
): Promise<Outcome | undefined> {
  try {
    await deadLetters.bury(message, failure);
    log.info(place, 'a message was refused and put with the dead letters');
    return 'dead-lettered';
  } catch (error) {
    log.warn({ err: error, ...place }, 'a refused message cannot be put with the dead letters now');
    return undefined;
  }
}

async function receive(deps: MessageTakingDeps, message: KafkaMessage, signal: AbortSignal): Promise<Landed> {
  const { content, sha256, userId = deps.userId, filename, pipeline, tags } = readMessage(message);
  const { body, size } =
    'bytes' in content
      ? { body: once(content.bytes), size: content.bytes.length }
      : await deps.pointed.open(content.pointer, signal);
  return await deps.intake.receive({
    tenantId: deps.tenantOf(message),
    userId,
    source: 'kafka',
    filename,
    body,
    size,
    idempotencyKey: keyOf(message, deps.again),
    ...(sha256 !== undefined && { sha256 }),
    ...(pipeline !== undefined && { pipeline }),
    ...(tags && { tags }),
  });
}

/** A message is read again after a crash or a rebalance: its place in the log is the name of the request. */
function keyOf({ topicId, partition, offset }: KafkaMessage, again: string | undefined): string {
  const place = `kafka:${topicId}:${partition}:${offset}`;
  return again === undefined ? place : `${place}:${again}`;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

/** Up to a half more by chance, so that what failed together does not come back together. */
async function pause(tries: number, signal: AbortSignal): Promise<void> {
  const ms = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1)) * (1 + Math.random() / 2);
  await sleep(ms, signal);
}
