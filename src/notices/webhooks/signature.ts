import { createHmac, randomBytes } from 'node:crypto';
import type { WebhookSecret } from './webhook.ts';

/** Signatures as https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md has them. */

const PREFIX = 'whsec_';
/** within the 24 to 64 of the specification */
const SECRET_BYTES = 32;

export function makeSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

export interface Signed {
  /** the same for every attempt to tell the same */
  readonly id: string;
  /** milliseconds; of this attempt */
  readonly at: number;
  readonly body: string;
}

/** The headers that prove who sent it. During a change of secrets there is a signature of each. */
export function signatureHeaders(
  { id, at, body }: Signed,
  secrets: readonly WebhookSecret[],
): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000));
  const signatures = secretsAt(secrets, at).map(({ secret }) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

/** A new secret beside the one before, which goes on signing for `overlapMs`; older ones end at once. */
export function rotated(
  secrets: readonly WebhookSecret[],
  { secret, now, overlapMs }: { secret: string; now: number; overlapMs: number },
): WebhookSecret[] {
  const before = secretsAt(secrets, now).find(({ endsAt }) => endsAt === undefined);
  const goesOn = before && overlapMs > 0 ? [{ secret: before.secret, endsAt: now + overlapMs }] : [];
  return [{ secret }, ...goesOn];
}

function secretsAt(secrets: readonly WebhookSecret[], now: number): WebhookSecret[] {
  return secrets.filter(({ endsAt }) => endsAt === undefined || endsAt > now);
}
