import { SQSClient } from '@aws-sdk/client-sqs';
import type { Settings } from '../../config.ts';
import type { AwsIdentity } from './s3-client.ts';

export interface SqsSettings {
  /** what the names of the queues begin with */
  readonly prefix: string;
  /** a server other than AWS's */
  readonly endpoint?: string;
}

/** The first try and three more, with the SDK's growing and jittered pauses in between. */
const MOST_ATTEMPTS = 4;
const CONNECT_WITHIN_MS = 2_000;
/** On top of what a request waits for messages. */
export const ANSWER_WITHIN_MS = 5_000;
/** Long polls hold a socket each: two for each process, and what else asks at the same time. */
const MOST_SOCKETS = 64;

export function sqsSettingsOf({ sqsPrefix: prefix, sqsEndpoint: endpoint }: Settings): SqsSettings {
  return { prefix, ...(endpoint !== undefined && { endpoint }) };
}

export function openSqsClient(
  { endpoint }: Pick<SqsSettings, 'endpoint'>,
  identity: AwsIdentity = {},
): SQSClient {
  const { region, credentials } = identity;
  return new SQSClient({
    ...(endpoint !== undefined && { endpoint }),
    // Other servers hardly care, but the SDK wants one; AWS's own is never guessed.
    ...(region !== undefined ? { region } : endpoint !== undefined && { region: 'us-east-1' }),
    ...(credentials && { credentials }),
    // Queues are asked for where they were found, not where the server believes that it is.
    ...(endpoint !== undefined && { useQueueUrlAsEndpoint: false }),
    maxAttempts: MOST_ATTEMPTS,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: CONNECT_WITHIN_MS,
      requestTimeout: ANSWER_WITHIN_MS,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: MOST_SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: MOST_SOCKETS },
    },
  });
}
