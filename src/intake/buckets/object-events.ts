import { z } from 'zod';

/** An object was created, or replaced. */
export interface ObjectCreated {
  readonly bucket: string;
  /** decoded */
  readonly key: string;
  /** bytes, where the event tells */
  readonly size?: number;
  readonly etag?: string;
  /** in a bucket that keeps versions */
  readonly versionId?: string;
  /** orders the events of one key: see {@link compareSequencers} */
  readonly sequencer?: string;
}

/** What a message from a queue turned out to be. */
export type ObjectNews =
  | { readonly kind: 'created'; readonly objects: readonly ObjectCreated[] }
  /** a greeting, or news of something else than creation */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'strange'; readonly reason: string };

/**
 * Reads what S3 writes to a queue: a notification, the same by way of SNS, an event of EventBridge, or the greeting when
 * notifications are turned on. Never throws: a queue may hold anything.
 */
export function readObjectNews(body: string): ObjectNews {
  let content: unknown;
  try {
    content = JSON.parse(body);
  } catch {
    return strange('it is not JSON');
  }
  for (const read of [readNotification, readEventBridge, readGreeting]) {
    const news = read(content);
    if (news) return news;
  }
  const wrapped = SnsMessage.safeParse(content);
  if (wrapped.success) return readObjectNews(wrapped.data.Message);
  return strange('it is no notification of S3, and no event of EventBridge about one');
}

/**
 * Which of two events of one key came later: below 0 where the first is the earlier one. Sequencers are hexadecimal
 * numbers of any length; the shorter one is filled up with zeros on its left.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function compareSequencers(one: string, other: string): number {
  const length = Math.max(one.length, other.length);
  const [first, second] = [one, other].map((text) => text.toLowerCase().padStart(length, '0'));
  if (first === undefined || second === undefined || first === second) return 0;
  return first < second ? -1 : 1;
}

const Text = z.string().min(1).max(4096);
const optional = { size: z.number().int().nonnegative().optional(), sequencer: Text.optional() };

/** Its version is asserted in its first number: S3 adds fields, and says so in the second. */
const Notification = z.object({
  Records: z
    .array(
      z.object({
        eventVersion: z.string().regex(/^2\./, 'is of a version that is not known'),
        eventName: Text,
        s3: z.object({
          bucket: z.object({ name: Text }),
          object: z.object({ key: Text, eTag: Text.optional(), versionId: Text.optional(), ...optional }),
        }),
      }),
    )
    .min(1),
});

const EventBridge = z.object({
  source: z.literal('aws.s3'),
  'detail-type': Text,
  detail: z.object({
    bucket: z.object({ name: Text }),
    object: z.object({ key: Text, etag: Text.optional(), 'version-id': Text.optional(), ...optional }),
  }),
});

const Greeting = z.object({ Event: z.literal('s3:TestEvent') });
const SnsMessage = z.object({ Type: z.literal('Notification'), Message: z.string() });

function readNotification(content: unknown): ObjectNews | undefined {
  if (!hasKey(content, 'Records')) return undefined;
  const read = Notification.safeParse(content);
  if (!read.success) return strange(z.prettifyError(read.error));
  const created = read.data.Records.filter(({ eventName }) => /^(?:s3:)?ObjectCreated:/.test(eventName));
  return found(
    created.map(({ s3: { bucket, object } }) => ({
      bucket: bucket.name,
      key: decodeKey(object.key),
      ...given({ size: object.size, etag: object.eTag, versionId: object.versionId }),
      ...given({ sequencer: object.sequencer }),
    })),
  );
}

function readEventBridge(content: unknown): ObjectNews | undefined {
  if (!hasKey(content, 'detail-type')) return undefined;
  const read = EventBridge.safeParse(content);
  if (!read.success) return strange(z.prettifyError(read.error));
  const { 'detail-type': type, detail } = read.data;
  if (type !== 'Object Created') return { kind: 'nothing' };
  const { key, size, etag, sequencer, 'version-id': versionId } = detail.object;
  // Its keys are not encoded: decoding `a+b` would name another object.
  return found([{ bucket: detail.bucket.name, key, ...given({ size, etag, versionId, sequencer }) }]);
}

function readGreeting(content: unknown): ObjectNews | undefined {
  return Greeting.safeParse(content).success ? { kind: 'nothing' } : undefined;
}

function found(objects: readonly ObjectCreated[]): ObjectNews {
  return objects.length === 0 ? { kind: 'nothing' } : { kind: 'created', objects };
}

/**
 * The key of a notification, which S3 encodes as forms are: once, and so it is decoded once. What no encoder leaves as
 * it is comes from a server that does not encode.
 */
function decodeKey(key: string): string {
  if (/[^\x21-\x7e]/.test(key)) return key;
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}

function given<T extends object>(values: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  const there = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(there) as { [Name in keyof T]?: NonNullable<T[Name]> };
}

function hasKey(content: unknown, key: string): boolean {
  return typeof content === 'object' && content !== null && Object.hasOwn(content, key);
}

function strange(reason: string): ObjectNews {
  return { kind: 'strange', reason: reason.slice(0, 500) };
}
