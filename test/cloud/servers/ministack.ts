import { join } from 'node:path';
import { credentials, REGION } from './credentials.ts';
import { installOnce } from './install/install-once.ts';
import { pythonScript, pythonServers } from './install/python-servers.ts';
import { ManagedServer } from './process/managed-server.ts';
import { queuesAnswer } from './sqs-ready.ts';

/**
 * S3, SQS, SNS, DynamoDB and more in one process: the one where S3 sends its events to SQS.
 * It writes its state down when halted and reads it on restart; killed, it forgets everything.
 */
export async function startMiniStack(): Promise<ManagedServer> {
  const command = pythonScript(await installOnce(pythonServers), 'ministack');
  return await ManagedServer.start({
    name: 'ministack',
    ports: 1,
    launch: ({ folder, ports }) => ({
      command,
      args: [],
      env: {
        BIND_HOST: '127.0.0.1',
        MINISTACK_HOST: '127.0.0.1',
        MINISTACK_REGION: REGION,
        GATEWAY_PORT: String(ports[0]),
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        PERSIST_STATE: '1',
        STATE_DIR: join(folder, 'state'),
        S3_PERSIST: '1',
        S3_DATA_DIR: join(folder, 's3'),
        SFTP_ENABLED: '0',
        IOT_MTLS_ENABLED: '0',
        LOG_LEVEL: 'WARNING',
      },
    }),
    ready: ({ ports }) => queuesAnswer(`http://127.0.0.1:${ports[0]}`),
  });
}
