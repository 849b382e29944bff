import { PublishBatchCommand, type PublishBatchRequestEntry, SNSClient } from '@aws-sdk/client-sns';
import { Failure } from '../../failures.ts';
import type { EventType, ImageEvent } from '../../images/events.ts';
import type { Sink } from '../../notices/sinks.ts';
import { messageBody } from '../../notices/webhooks/message-body.ts';
import { deliveryIdOf } from '../../notices/webhooks/webhook.ts';
import type { AwsIdentity } from './s3-client.ts';

export interface SnsSettings {
  readonly topicArn: string;
  /** of a server that speaks the protocol; AWS's own, by the region of the topic, where absent */
  readonly endpoint?: string;
  /** what links begin with */
  readonly publicUrl: () => string;
}

/** What the topic is told: how the work on an image has ended, and what mails of subscribers are called. */
const subjects: Readonly<Partial<Record<EventType, string>>> = {
  'image.ready': 'An image is ready',
  'image.rejected': 'An image was rejected',
  'image.failed': 'An image has failed',
};

/** https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html */
const MOST_IN_A_BATCH = 10;
const MOST_ATTEMPTS = 4;

/**
 * Publishes to a topic, at least once. What is said is what webhooks are told; subscribers choose by the attributes
 * `type`, `tenant_id` and `status`, and tell repetitions by `event_id`.
 */
export function createSnsSink(settings: SnsSettings, { credentials }: AwsIdentity = {}): Sink {
  const { topicArn, endpoint, publicUrl } = settings;
  const region = topicArn.split(':')[3] ?? '';
  const client = new SNSClient({
    region,
    maxAttempts: MOST_ATTEMPTS,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 15_000, throwOnRequestTimeout: true },
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials && { credentials }),
  });

  async function publish(events: readonly ImageEvent[], abortSignal: AbortSignal): Promise<void> {
    const entries = events.map((event, index) => entryOf(event, index, publicUrl()));
    const command = new PublishBatchCommand({ TopicArn: topicArn, PublishBatchRequestEntries: entries });
    const { Failed: failed = [] } = await client.send(command, { abortSignal });
    const [first] = failed;
    if (first === undefined) return;
    throw new Failure(
      'storage_unavailable',
      `The topic did not take ${failed.length} of ${entries.length} messages (${first.Code}); they are published again.`,
    );
  }

  return {
    name: 'sns',
    async deliver(events, signal) {
      const told = events.filter(({ type }) => subjects[type] !== undefined);
      for (let from = 0; from < told.length; from += MOST_IN_A_BATCH) {
        await publish(told.slice(from, from + MOST_IN_A_BATCH), signal);
      }
    },
    async close() {
      client.destroy();
    },
  };
}

function entryOf(event: ImageEvent, index: number, publicUrl: string): PublishBatchRequestEntry {
  const { type, tenantId, status, errorCode } = event;
  const attributes = { type, tenant_id: tenantId, status, event_id: deliveryIdOf(event) };
  const words = { ...attributes, ...(errorCode !== undefined && { error_code: errorCode }) };
  return {
    Id: String(index),
    Message: messageBody(event, publicUrl),
    Subject: subjects[type],
    MessageAttributes: Object.fromEntries(
      Object.entries(words).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
    ),
  };
}
