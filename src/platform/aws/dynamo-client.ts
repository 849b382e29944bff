import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Settings } from '../../config.ts';
import type { AwsIdentity } from './s3-client.ts';

export interface DynamoSettings {
  readonly table: string;
  /** a server other than AWS's */
  readonly endpoint?: string;
}

/** One table, and the client to speak to it with. */
export interface DynamoTable {
  readonly client: DynamoDBClient;
  readonly name: string;
}

/** The first try and two more, with the SDK's growing and jittered pauses in between. */
const MOST_ATTEMPTS = 3;
const CONNECT_WITHIN_MS = 3_000;
/** DynamoDB answers within 10 ms; what takes this long has been lost, or comes from a very busy machine of one's own. */
const ANSWER_WITHIN_MS = 5_000;
const MOST_SOCKETS = 256;

export function dynamoSettingsOf({
  dynamodbTable: table,
  dynamodbEndpoint: endpoint,
}: Settings): DynamoSettings {
  return { table, ...(endpoint !== undefined && { endpoint }) };
}

export function openDynamoTable(settings: DynamoSettings, identity: AwsIdentity = {}): DynamoTable {
  const { table: name, endpoint } = settings;
  const { region, credentials } = identity;
  const client = new DynamoDBClient({
    ...(endpoint !== undefined && { endpoint }),
    // Other servers hardly care, but the SDK wants one; AWS's own is never guessed.
    ...(region !== undefined ? { region } : endpoint !== undefined && { region: 'us-east-1' }),
    ...(credentials && { credentials }),
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
  return { client, name };
}
