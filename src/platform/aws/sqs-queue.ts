import { performance } from 'node:perf_hooks';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Logger } from 'pino';
import { v7 } from 'uuid';
import { Failure } from '../../failures.ts';
import type { Clock } from '../../images/clock.ts';
import { type Delivery, LANES, type Lane, type LaneDepth, type Queue } from '../../pipeline/queue.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { createDynamoDeadLetters } from './dynamo-dead-letters.ts';
import { createTickets } from './dynamo-tickets.ts';
import { createLanePolls, type LookTerms } from './lane-polls.ts';
import { type Envelope, openEnvelope, writeEnvelope } from './sqs-envelope.ts';
import { isLostReceipt, onSqs } from './sqs-failures.ts';
import { createSqsMessages, type ReceivedMessage, RefusedEntry } from './sqs-messages.ts';
import type { WorkQueues } from './sqs-queues.ts';

export interface SqsQueueDeps {
  readonly client: SQSClient;
  readonly queues: WorkQueues;
  /** tickets and dead letters */
  readonly table: DynamoTable;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn' | 'error'>;
  /** milliseconds that a request waits for messages at most; 5 s by default. A stop waits as long. */
  readonly longestLookMs?: number;
}

export interface SqsQueue extends Queue {
  /** Ends all waiting, gives back what nobody took, and sends what waits to be sent. */
  close(): Promise<void>;
}

/** What this process has in hand. */
interface Held {
  readonly lane: Lane;
  readonly envelope: Envelope;
  /** of the monotonic clock, milliseconds; from then on it may be somebody else's */
  until: number;
}

const LONGEST_LOOK_MS = 5_000;
/** How long a message of a later release is left to the processes of that release. */
const NEWER_AGAIN_MS = 30_000;
/** What was seen this long ago says nothing about the age of what waits now. */
const AGE_GOOD_FOR_MS = 60_000;

/**
 * Work in two standard queues of SQS. Receipts are good for as long as their lease lasts by the clock of this process,
 * whatever the server would still take: an old one would delete what somebody else has in hand.
 */
export function createSqsQueue({ client, queues, table, clock, log, ...options }: SqsQueueDeps): SqsQueue {
  const messagesOf = (queue: string) =>
    createSqsMessages({
      ...{ client, queue },
      onFault: (err) => log.warn({ err }, 'a message that is done could not be deleted; it comes again'),
    });
  const lanes = { interactive: messagesOf(queues.interactive), background: messagesOf(queues.background) };
  const dead = messagesOf(queues.dead);
  const tickets = createTickets(table, clock);
  const held = new Map<string, Held>();
  const sending = new Map<string, Promise<void>>();
  const oldest: Record<Lane, { sentAt: number; seenAt: number } | undefined> = {
    interactive: undefined,
    background: undefined,
  };

  async function look(lane: Lane, terms: LookTerms): Promise<Delivery[]> {
    const received = await lanes[lane].receive(terms);
    const opened = await Promise.all(received.map((message) => take(lane, message, terms.leaseMs)));
    return opened.filter((delivery) => delivery !== undefined);
  }

  async function take(lane: Lane, message: ReceivedMessage, leaseMs: number): Promise<Delivery | undefined> {
    const { body, receipt } = message;
    const opened = openEnvelope(body);
    if (opened.kind !== 'message') {
      await setAside(lane, message, opened).catch((err) =>
        log.error({ err }, 'a strange message comes again'),
      );
      return undefined;
    }
    const { envelope } = opened;
    held.set(receipt, { lane, envelope, until: performance.now() + leaseMs });
    oldest[lane] = { sentAt: envelope.sent_at, seenAt: performance.now() };
    return {
      ...{ messageId: envelope.id, receipt, work: envelope.work, lane },
      receives: envelope.receives + message.receives,
      sentAt: envelope.sent_at,
    };
  }

  /** What is of no work that this release knows: left to a later release, or put where a person finds it. */
  async function setAside(
    lane: Lane,
    { body, receipt }: ReceivedMessage,
    opened: { kind: 'newer' } | { kind: 'unreadable'; reason: string },
  ): Promise<void> {
    if (opened.kind === 'newer') {
      log.warn({ lane }, 'a message of a later release is left to the processes of that release');
      return lanes[lane].hide({ receipt, forMs: NEWER_AGAIN_MS });
    }
    log.error({ lane, reason: opened.reason, queue: queues.dead }, 'a message that is no work was put aside');
    await dead.send({ body, delayMs: 0 });
    lanes[lane].remove(receipt);
  }

  /** @returns undefined where the lease is over, or the message was given away */
  function stillHeld({ receipt }: Delivery): Held | undefined {
    const found = held.get(receipt);
    if (found && found.until > performance.now()) return found;
    held.delete(receipt);
    return undefined;
  }

  async function enqueue(envelope: Envelope, lane: Lane, delayMs: number): Promise<void> {
    const { id, dedupe_id: dedupeId } = envelope;
    if (!(await tickets.take(dedupeId, id))) return;
    try {
      await lanes[lane].send({ body: writeEnvelope(envelope), delayMs });
    } catch (error) {
      await tickets.giveBack(dedupeId, id).catch(() => {});
      throw error;
    }
    // Unconfirmed, it would be queued a second time at worst.
    await tickets.confirm(dedupeId, id).catch((err) => log.warn({ err }, 'a ticket could not be confirmed'));
  }

  const send: Queue['send'] = (work, { lane, dedupeId, delayMs = 0 }) => {
    const underWay = sending.get(dedupeId);
    if (underWay) return underWay;
    const now = clock.now();
    const id = v7({ msecs: now });
    const envelope: Envelope = { v: 1, id, dedupe_id: dedupeId, sent_at: now, receives: 0, work };
    const sent = enqueue(envelope, lane, delayMs).finally(() => sending.delete(dedupeId));
    sending.set(dedupeId, sent);
    return sent;
  };

  /** Sent anew, as SQS cannot take back that it has counted a receive. A second copy would do no harm. */
  async function giveBackUncounted(delivery: Delivery, delayMs: number): Promise<void> {
    const holding = stillHeld(delivery);
    if (!holding) return;
    const { lane, envelope } = holding;
    const again = { ...envelope, receives: delivery.receives - 1 };
    await lanes[lane].send({ body: writeEnvelope(again), delayMs });
    held.delete(delivery.receipt);
    lanes[lane].remove(delivery.receipt);
  }

  const polls = createLanePolls<Delivery>({
    look,
    laneOf: ({ lane }) => lane,
    longestLookMs: options.longestLookMs ?? LONGEST_LOOK_MS,
    async giveBack(deliveries) {
      const given = await Promise.allSettled(deliveries.map((delivery) => giveBackUncounted(delivery, 0)));
      for (const { reason: err } of given.filter(({ status }) => status === 'rejected') as {
        reason: unknown;
      }[])
        log.warn({ err }, 'a message that nobody took comes back when its lease ends');
    },
  });

  const deadLetters = createDynamoDeadLetters({ table, clock, send });

  async function depthOf(lane: Lane): Promise<LaneDepth> {
    await lanes[lane].flush();
    const request = new GetQueueAttributesCommand({
      QueueUrl: queues[lane],
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesDelayed',
        'ApproximateNumberOfMessagesNotVisible',
      ],
    });
    const { Attributes: counts = {} } = await onSqs(client.send(request));
    const waiting = Number(counts.ApproximateNumberOfMessages ?? 0);
    const delayed = Number(counts.ApproximateNumberOfMessagesDelayed ?? 0);
    const inFlight = Number(counts.ApproximateNumberOfMessagesNotVisible ?? 0);
    const isEmpty = waiting + delayed + inFlight === 0;
    return { waiting, delayed, inFlight, oldestMs: isEmpty ? 0 : ageIn(lane) };
  }

  /** Of the oldest that this process has in hand or has seen lately. SQS itself tells it only to CloudWatch. */
  function ageIn(lane: Lane): number {
    const sent = [...held.values()]
      .filter((one) => one.lane === lane)
      .map(({ envelope }) => envelope.sent_at);
    const seen = oldest[lane];
    if (seen && performance.now() - seen.seenAt < AGE_GOOD_FOR_MS) sent.push(seen.sentAt);
    return sent.length === 0 ? 0 : Math.max(0, clock.now() - Math.min(...sent));
  }

  return {
    send,
    receive: polls.receive,

    async extend(delivery, leaseMs) {
      const holding = stillHeld(delivery);
      if (!holding) throw leaseLost(delivery);
      const asked = performance.now();
      await lanes[holding.lane].hide({ receipt: delivery.receipt, forMs: leaseMs }).catch((error) => {
        if (!(error instanceof RefusedEntry) || !isLostReceipt(error.code)) throw error;
        held.delete(delivery.receipt);
        throw leaseLost(delivery);
      });
      holding.until = asked + leaseMs;
    },

    async complete(delivery) {
      const holding = stillHeld(delivery);
      if (!holding) return;
      const { lane, envelope } = holding;
      // The ticket first: one that outlived its message would keep the same work out.
      await tickets.giveBack(envelope.dedupe_id, envelope.id);
      held.delete(delivery.receipt);
      lanes[lane].remove(delivery.receipt);
    },

    async release(delivery, { delayMs, refund = false }) {
      if (refund) return giveBackUncounted(delivery, delayMs);
      const holding = stillHeld(delivery);
      if (!holding) return;
      held.delete(delivery.receipt);
      await lanes[holding.lane].hide({ receipt: delivery.receipt, forMs: delayMs }).catch((error) => {
        if (!(error instanceof RefusedEntry) || !isLostReceipt(error.code)) throw error;
      });
    },

    async bury(delivery, reason) {
      const holding = stillHeld(delivery);
      if (!holding) return;
      const { lane, envelope } = holding;
      const { work, receives, messageId } = delivery;
      const dedupeId = envelope.dedupe_id;
      await deadLetters.add({ work, lane, reason, receives, messageId, dedupeId });
      await tickets.giveBack(dedupeId, messageId);
      held.delete(delivery.receipt);
      lanes[lane].remove(delivery.receipt);
    },

    deadLetters,

    async depth() {
      const [interactive, background] = await Promise.all(LANES.map(depthOf));
      if (!interactive || !background) throw new Error('a lane has no depth');
      return { interactive, background };
    },

    async close() {
      await polls.close();
      await Promise.allSettled(sending.values());
      await Promise.all([lanes.interactive.flush(), lanes.background.flush(), dead.flush()]);
    },
  };
}

function leaseLost({ messageId }: Delivery): Failure {
  return new Failure('stale_write', `The lease on message ${messageId} was lost: another worker has it now.`);
}
