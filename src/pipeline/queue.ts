import { z } from 'zod';

/**
 * Work waiting to be done, with SQS's semantics: at least once, in no promised order, a lease on what was
 * received that its holder extends, back-off on release, dead letters.
 */
export interface Queue {
  /**
   * Durable when it answers. A `dedupeId` that waits or is in flight already is not queued twice; after the first
   * was completed, it may come again (consumers are idempotent).
   */
  send(message: Work, options: SendOptions): Promise<void>;

  /** Up to `max` messages, interactive lane first; waits up to `waitMs` for the first one. May answer none. */
  receive(options: ReceiveOptions): Promise<Delivery[]>;

  /** Holds the message for another `leaseMs` from now. @throws Failure `stale_write` where the lease was lost */
  extend(delivery: Delivery, leaseMs: number): Promise<void>;

  /** The work is done. A lost lease is no error. */
  complete(delivery: Delivery): Promise<void>;

  /** Gives the message back: visible again after `delayMs`. With `refund`, this receive does not count. */
  release(delivery: Delivery, options: { delayMs: number; refund?: boolean }): Promise<void>;

  /** Puts the message aside with the reason. */
  bury(delivery: Delivery, reason: { code: string; message: string }): Promise<void>;

  deadLetters: DeadLetters;

  depth(): Promise<Readonly<Record<Lane, LaneDepth>>>;
}

export interface DeadLetters {
  list(options: {
    tenantId: string;
    limit: number;
    cursor?: string;
  }): Promise<{ letters: DeadLetter[]; nextCursor?: string }>;
  read(tenantId: string, id: string): Promise<DeadLetter | undefined>;
  /** Queues the message again with a fresh count. @throws Failure `dead_letter_not_found` */
  redrive(tenantId: string, id: string): Promise<void>;
  /** @throws Failure `dead_letter_not_found` */
  drop(tenantId: string, id: string): Promise<void>;
  /** Drops all letters about an image. */
  dropImage(tenantId: string, imageId: string): Promise<void>;
}

export const LANES = ['interactive', 'background'] as const;
export type Lane = (typeof LANES)[number];

/** A message: ids, never bytes. `v` is the version of this format; consumers take the newest two. */
export const Work = z.discriminatedUnion('kind', [
  /** run the pipeline and publish the generation */
  z.object({
    v: z.literal(1),
    kind: z.literal('run'),
    tenant_id: z.string(),
    image_id: z.string(),
    generation: z.number().int().positive(),
  }),
  /** add the deferred outputs (AVIF) to a published generation */
  z.object({
    v: z.literal(1),
    kind: z.literal('deferred'),
    tenant_id: z.string(),
    image_id: z.string(),
    generation: z.number().int().positive(),
    variant: z.string(),
    format: z.string(),
  }),
]);
export type Work = z.infer<typeof Work>;

/** The id under which the queue knows a run: whoever asks for it, and however often, it waits only once. */
export function runDedupeId(imageId: string, generation: number): string {
  return `${imageId}/${generation}`;
}

export interface SendOptions {
  readonly lane: Lane;
  readonly dedupeId: string;
  readonly delayMs?: number;
}

export interface ReceiveOptions {
  readonly max: number;
  readonly waitMs: number;
  readonly leaseMs: number;
  readonly signal?: AbortSignal;
}

export interface Delivery {
  readonly messageId: string;
  /** proves the lease; changes with each receive */
  readonly receipt: string;
  readonly work: Work;
  readonly lane: Lane;
  /** how often the message has been received, this time included */
  readonly receives: number;
  /** milliseconds */
  readonly sentAt: number;
}

export interface DeadLetter {
  readonly id: string;
  readonly work: Work;
  readonly lane: Lane;
  readonly reason: { readonly code: string; readonly message: string };
  readonly receives: number;
  /** milliseconds */
  readonly buriedAt: number;
}

export interface LaneDepth {
  /** ready to be received */
  readonly waiting: number;
  /** waiting for its delay */
  readonly delayed: number;
  readonly inFlight: number;
  /** age of the oldest message that is not completed, milliseconds; 0 where there is none */
  readonly oldestMs: number;
}
