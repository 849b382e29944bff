import { installOnce } from './install/install-once.ts';
import { pythonScript, pythonServers } from './install/python-servers.ts';
import { ManagedServer } from './process/managed-server.ts';
import { queuesAnswer } from './sqs-ready.ts';

/** The second opinion on S3, SQS, SNS and DynamoDB. Holds everything in memory: a restart forgets it. */
export async function startMoto(): Promise<ManagedServer> {
  const command = pythonScript(await installOnce(pythonServers), 'moto_server');
  return await ManagedServer.start({
    name: 'moto',
    ports: 1,
    launch: ({ ports }) => ({ command, args: ['-H', '127.0.0.1', '-p', String(ports[0])] }),
    ready: ({ ports }) => queuesAnswer(`http://127.0.0.1:${ports[0]}`),
  });
}
