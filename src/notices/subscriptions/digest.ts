import type { ImageEvent } from '../../images/events.ts';
import type { MailOrder } from '../mail-outbox.ts';
import { type MailedEvent, mailedEvents, type Subscription } from './subscription.ts';

/** What a mail says of many events: how many there were of each kind, and some of them by name. */
export interface Digest {
  readonly counts: Record<MailedEvent, number>;
  /** the first that did not go well, up to {@link MOST_NAMED} */
  readonly named: string[];
  /** the first events, up to one more than are told one by one */
  readonly first: ImageEvent[];
}

/** A mail stays of one size, whether it tells of thirty images or of ten thousand. */
const MOST_NAMED = 20;
/** More events than that at a look are told together also to those who want a mail for each. */
export const MOST_ONE_BY_ONE = 10;

export function emptyDigest(): Digest {
  return { counts: { 'image.ready': 0, 'image.rejected': 0, 'image.failed': 0 }, named: [], first: [] };
}

export function addToDigest(
  digest: Digest,
  { eventTypes }: Subscription,
  events: readonly ImageEvent[],
): void {
  for (const event of events) {
    const type = eventTypes.find((wanted) => wanted === event.type);
    if (type === undefined) continue;
    digest.counts[type] += 1;
    if (digest.first.length <= MOST_ONE_BY_ONE) digest.first.push(event);
    if (type !== 'image.ready' && digest.named.length < MOST_NAMED) digest.named.push(lineOf(event));
  }
}

/** The mails that tell it: none where nothing happened. */
export function mailsOf(digest: Digest, { address, mode, ...key }: Subscription): MailOrder[] {
  const words = { tenant_id: key.tenantId, subscription_id: key.subscriptionId };
  const total = mailedEvents.reduce((sum, type) => sum + digest.counts[type], 0);
  if (total === 0) return [];
  if (mode === 'each' && total <= MOST_ONE_BY_ONE) {
    return digest.first.map((event) => ({
      to: address,
      template: 'image_notice',
      words: { ...words, image: event.imageId, how: howOf(event) },
    }));
  }
  const { counts, named } = digest;
  const mail: MailOrder = {
    to: address,
    template: 'image_digest',
    words: {
      ...words,
      ready: String(counts['image.ready']),
      rejected: String(counts['image.rejected']),
      failed: String(counts['image.failed']),
      images: named.join('\n'),
    },
  };
  return [mail];
}

function lineOf(event: ImageEvent): string {
  return `${event.imageId} ${howOf(event)}`;
}

function howOf({ status, errorCode }: ImageEvent): string {
  return errorCode === undefined ? status : `${status} (${errorCode})`;
}
