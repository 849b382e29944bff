import { z } from 'zod';
import { Work } from '../../pipeline/queue.ts';

/**
 * What a message of the work holds: ids, never bytes. `v` is the version of this envelope; of the work inside it, `work.v`.
 * A release reads what the one before it wrote, and leaves alone what a later one did.
 */
const Envelope = z.object({
  v: z.literal(1),
  /** of the message, also where it was sent anew to come back without having been counted */
  id: z.string(),
  dedupe_id: z.string(),
  /** milliseconds */
  sent_at: z.number(),
  /** receives before it was sent anew */
  receives: z.number().int().nonnegative(),
  work: Work,
});
export type Envelope = z.infer<typeof Envelope>;

const KNOWN_VERSION = 1;

export type Opened =
  | { readonly kind: 'message'; readonly envelope: Envelope }
  /** a later release wrote it, for processes of that release */
  | { readonly kind: 'newer' }
  | { readonly kind: 'unreadable'; readonly reason: string };

export function writeEnvelope(envelope: Envelope): string {
  return JSON.stringify(envelope);
}

export function openEnvelope(body: string): Opened {
  let content: unknown;
  try {
    content = JSON.parse(body);
  } catch {
    return { kind: 'unreadable', reason: 'it is not JSON' };
  }
  const read = Envelope.safeParse(content);
  if (read.success) return { kind: 'message', envelope: read.data };
  if (versionsIn(content).some((version) => version > KNOWN_VERSION)) return { kind: 'newer' };
  return { kind: 'unreadable', reason: z.prettifyError(read.error).slice(0, 500) };
}

function versionsIn(content: unknown): number[] {
  const { v, work } = (content ?? {}) as { v?: unknown; work?: { v?: unknown } | null };
  return [v, work?.v].filter((version) => typeof version === 'number');
}
