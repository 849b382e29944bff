import { type Attempt, type Delivery, MOST_ATTEMPTS_KEPT } from './webhook.ts';
import type { Outcome } from './webhook-store.ts';

/** The delivery after an attempt. What has been delivered stays so. */
export function settled(delivery: Delivery, attempt: Attempt, outcome: Outcome): Delivery {
  const { nextAt: _, ...rest } = delivery;
  const attempts = [...delivery.attempts, attempt].slice(-MOST_ATTEMPTS_KEPT);
  const after = { ...rest, attempts, tries: delivery.tries + 1 };
  if (delivery.state === 'delivered') return after;
  const { state } = outcome;
  return outcome.state === 'pending' ? { ...after, state, nextAt: outcome.retryAt } : { ...after, state };
}
