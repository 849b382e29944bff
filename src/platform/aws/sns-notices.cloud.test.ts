import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { credentials, REGION } from '../../../test/cloud/servers/credentials.ts';
import { describeOn, sharedServer } from '../../../test/cloud/shared-servers.ts';
import { EVENT_TYPES } from '../../images/events.ts';
import { lineEvent } from '../../notices/sink-lines.contract.ts';
import { createSnsSink } from './sns-notices.ts';

const never = AbortSignal.timeout(60_000);

/** A topic, and a queue that gets what is published there, if the policy lets it. */
async function openTopic(endpoint: string, policy?: object) {
  const about = { endpoint, region: REGION, credentials };
  const [sns, sqs] = [new SNSClient(about), new SQSClient(about)];
  const name = `t${Date.now()}${Math.floor(Math.random() * 1e6)}`;
  const { TopicArn: topicArn = '' } = await sns.send(new CreateTopicCommand({ Name: name }));
  const { QueueUrl: queueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const asked = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] });
  const { Attributes: attributes } = await sqs.send(asked);
  await sns.send(
    new SubscribeCommand({
      ...{ TopicArn: topicArn, Protocol: 'sqs', Endpoint: attributes?.QueueArn },
      Attributes: {
        RawMessageDelivery: 'true',
        ...(policy && { FilterPolicy: JSON.stringify(policy) }),
      },
    }),
  );
  return {
    topicArn,
    async received(count: number) {
      const messages = [];
      for (let look = 0; look < 20 && messages.length < count; look += 1) {
        const { Messages: more = [] } = await sqs.send(
          new ReceiveMessageCommand({
            ...{ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 },
            MessageAttributeNames: ['All'],
          }),
        );
        messages.push(...more);
      }
      return messages;
    },
  };
}

// Both deliver from SNS to SQS; neither refuses what is not allowed, so nothing here is about permissions.
for (const server of ['moto', 'ministack'] as const) {
  describeOn([server], `SNS of ${server}`, () => {
    it('is told how the work on images has ended, and of nothing else', async () => {
      const endpoint = await sharedServer(server);
      const { topicArn, received } = await openTopic(endpoint);
      const sink = createSnsSink(
        { topicArn, endpoint, publicUrl: () => 'https://p.example' },
        { credentials },
      );
      const failed = lineEvent(99, { type: 'image.failed', status: 'failed', errorCode: 'render_failed' });
      await sink.deliver([...EVENT_TYPES.map((type, n) => lineEvent(n, { type })), failed], never);
      const messages = await received(4);
      const types = messages.map(({ MessageAttributes: given }) => given?.type?.StringValue).toSorted();
      expect(types).toEqual(['image.failed', 'image.failed', 'image.ready', 'image.rejected']);
      const told = messages.find(({ Body: body }) => body?.includes('render_failed'));
      expect(JSON.parse(told?.Body ?? '')).toMatchObject({
        type: 'image.failed',
        data: { image_id: 'i1', tenant_id: 't1', sequence: failed.id, url: 'https://p.example/v1/image/i1' },
      });
      expect(told?.MessageAttributes).toMatchObject({
        tenant_id: { StringValue: 't1' },
        event_id: { StringValue: `msg_${failed.id}` },
        error_code: { StringValue: 'render_failed' },
      });
      await sink.close?.();
    });

    it('is told of more than fit into a batch, and subscribers choose by attributes', async () => {
      const endpoint = await sharedServer(server);
      const { topicArn, received } = await openTopic(endpoint, { tenant_id: ['t2'] });
      const sink = createSnsSink({ topicArn, endpoint, publicUrl: () => '' }, { credentials });
      const events = Array.from({ length: 34 }, (_, n) => lineEvent(n, { tenantId: n % 2 ? 't1' : 't2' }));
      await sink.deliver(events, never);
      const ids = (await received(17)).map(({ MessageAttributes: given }) => given?.event_id?.StringValue);
      expect(new Set(ids)).toEqual(
        new Set(events.filter(({ tenantId }) => tenantId === 't2').map(({ id }) => `msg_${id}`)),
      );
      await sink.close?.();
    });

    it('keeps events in the line where there is no such topic', async () => {
      const endpoint = await sharedServer(server);
      const topicArn = `arn:aws:sns:${REGION}:123456789012:nothing`;
      const sink = createSnsSink({ topicArn, endpoint, publicUrl: () => '' }, { credentials });
      await expect(sink.deliver([lineEvent(1)], never)).rejects.toThrow();
      await sink.close?.();
    });
  });
}
