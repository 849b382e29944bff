import { z } from 'zod';
import { EVENT_LANES, EVENT_TYPES } from '../../images/events.ts';
import { Status } from '../../images/image.ts';
import type { Attempt, Message } from './webhook.ts';

/** What adapters keep as JSON, to be read back. */

export const StoredEvent = z.object({
  id: z.string(),
  type: z.enum(EVENT_TYPES),
  tenantId: z.string(),
  imageId: z.string(),
  status: Status,
  generation: z.number().exactOptional(),
  errorCode: z.string().exactOptional(),
  lane: z.enum(EVENT_LANES).exactOptional(),
  at: z.number(),
});

export const StoredMessage: z.ZodType<Message> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('webhook.test'), id: z.string(), tenantId: z.string(), at: z.number() }),
  StoredEvent,
]);

export const StoredAttempts: z.ZodType<readonly Attempt[]> = z.array(
  z.object({
    at: z.number(),
    durationMs: z.number(),
    status: z.number().exactOptional(),
    response: z.string().exactOptional(),
    error: z.string().exactOptional(),
  }),
);

export const StoredSecrets = z.array(z.object({ secret: z.string(), endsAt: z.number().exactOptional() }));
export const StoredEventTypes = z.array(z.enum(EVENT_TYPES));
