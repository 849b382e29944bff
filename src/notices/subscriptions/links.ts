import { createHmac, timingSafeEqual } from 'node:crypto';
import { Failure } from '../../failures.ts';
import type { SubscriptionKey } from './subscription.ts';

/** `confirm` makes a subscription one's own wish, `unsubscribe` ends it: neither opens anything else. */
export type LinkPurpose = 'confirm' | 'unsubscribe';

/** Links in mails, made when a mail is written: nothing that is stored opens anything. */
export interface SubscriptionLinks {
  link(purpose: LinkPurpose, of: SubscriptionKey): string;
  /** @throws Failure `token_invalid` for what no link of this purpose carries */
  read(purpose: LinkPurpose, token: string): SubscriptionKey;
}

export function createSubscriptionLinks({
  secret,
  publicUrl,
}: {
  secret: string;
  publicUrl: () => string;
}): SubscriptionLinks {
  const sign = (purpose: LinkPurpose, key: string) =>
    createHmac('sha256', secret).update(`subscription ${purpose} ${key}`).digest('base64url');

  return {
    link(purpose, { tenantId, subscriptionId }) {
      const key = Buffer.from(JSON.stringify([tenantId, subscriptionId])).toString('base64url');
      return `${publicUrl()}/v1/subscriptions/${purpose}?token=${key}.${sign(purpose, key)}`;
    },

    read(purpose, token) {
      const [key = '', signature = ''] = token.split('.');
      const [given, right] = [Buffer.from(signature), Buffer.from(sign(purpose, key))];
      if (given.length !== right.length || !timingSafeEqual(given, right)) throw notOurs();
      const [tenantId = '', subscriptionId = ''] = JSON.parse(
        Buffer.from(key, 'base64url').toString(),
      ) as string[];
      return { tenantId, subscriptionId };
    },
  };
}

export function notOurs(): Failure {
  return new Failure(
    'token_invalid',
    'This link is not valid, or not any more. Copy it whole from the mail, or subscribe again.',
  );
}
