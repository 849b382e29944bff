import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Settings } from '../config.ts';
import type { Clock } from '../images/clock.ts';
import { createFence } from '../notices/fence/fence.ts';
import { createResolve } from '../notices/fence/resolve.ts';
import { createNotices, type Notices } from '../notices/notices.ts';
import type { Sink } from '../notices/sinks.ts';
import { createSubscriptionLinks, type SubscriptionLinks } from '../notices/subscriptions/links.ts';
import type { Platform } from '../platform/platform.ts';

export interface OpenNoticesOptions {
  readonly platform: Platform;
  readonly clock: Clock;
  readonly log: Logger;
  readonly publicUrl: () => string;
  /** called after mails were put into the outbox */
  readonly wakeMail: () => void;
  /** of this build */
  readonly version: string;
}

/** The part of the composition that tells others: webhooks, subscribers, and the links in their mails. */
export async function openNotices(
  settings: Settings,
  { platform, ...options }: OpenNoticesOptions,
): Promise<{ notices: Notices; links: SubscriptionLinks }> {
  const { value: secret } = await platform.secrets.getOrCreate('subscription-links', () =>
    randomBytes(32).toString('base64url'),
  );
  const links = createSubscriptionLinks({ secret, publicUrl: options.publicUrl });
  const fence = createFence({
    resolve: createResolve(),
    allowHttp: settings.webhookAllowHttp,
    allowPrivate: settings.webhookAllowPrivate ?? [],
  });
  return { notices: createNotices({ ...platform, ...options, links, fence }), links };
}

/** The topic of SNS, where one is named. Its client is loaded only then. */
export async function snsNotices(
  { snsTopicArn: topicArn, snsEndpoint: endpoint }: Settings,
  publicUrl: () => string,
): Promise<Sink[]> {
  if (topicArn === undefined) return [];
  const { createSnsSink } = await import('../platform/aws/sns-notices.ts');
  return [createSnsSink({ topicArn, publicUrl, ...(endpoint !== undefined && { endpoint }) })];
}
