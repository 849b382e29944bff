import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { clientSettings } from './credentials.ts';
import { dynamodbLocalFolder, dynamodbLocal as dynamodbLocalInstall } from './install/dynamodb-local.ts';
import { installOnce } from './install/install-once.ts';
import { ManagedServer } from './process/managed-server.ts';

export interface DynamoDbLocalOptions {
  /** `file` survives restarts; `memory` is quicker. @default 'file' */
  readonly data?: 'file' | 'memory';
  /** of the Java heap, in megabytes. @default 512 */
  readonly heapMegabytes?: number;
}

/** Amazon's own DynamoDB Local: the truth for conditions, transactions and indexes. It deletes by TTL within seconds, AWS within days. */
export async function startDynamoDbLocal(options: DynamoDbLocalOptions = {}): Promise<ManagedServer> {
  const home = dynamodbLocalFolder(await installOnce(dynamodbLocalInstall));
  return await ManagedServer.start({
    name: 'dynamodb-local',
    ports: 1,
    async prepare({ folder }) {
      await mkdir(join(folder, 'data'));
    },
    launch: ({ folder, ports }) => ({
      command: 'java',
      args: [
        `-Xmx${options.heapMegabytes ?? 512}m`,
        `-Djava.io.tmpdir=${folder}`,
        `-Djava.library.path=${join(home, 'DynamoDBLocal_lib')}`,
        ...[
          '-jar',
          join(home, 'DynamoDBLocal.jar'),
          '-sharedDb',
          '-disableTelemetry',
          '-port',
          String(ports[0]),
        ],
        ...(options.data === 'memory' ? ['-inMemory'] : ['-dbPath', join(folder, 'data')]),
      ],
    }),
    async ready({ ports }) {
      const dynamodb = new DynamoDBClient(clientSettings(`http://127.0.0.1:${ports[0]}`));
      await dynamodb
        .send(new ListTablesCommand({}), { requestTimeout: 5_000 })
        .finally(() => dynamodb.destroy());
    },
  });
}
