import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { clientSettings, credentials, REGION } from './credentials.ts';
import { installOnce } from './install/install-once.ts';
import { versitygwBinary, versitygw as versitygwInstall } from './install/versitygw.ts';
import { ManagedServer } from './process/managed-server.ts';

/** S3 over a folder: the truth for signatures, POST policies, checksums and conditional writes. Buckets go by path. */
export async function startVersitygw(): Promise<ManagedServer> {
  const binary = versitygwBinary(await installOnce(versitygwInstall));
  return await ManagedServer.start({
    name: 'versitygw',
    ports: 1,
    async prepare({ folder }) {
      await Promise.all(['iam', 'data', 'versions'].map((part) => mkdir(join(folder, part))));
    },
    launch: ({ folder, ports }) => ({
      command: binary,
      args: [
        ...['--port', `127.0.0.1:${ports[0]}`, '--region', REGION, '--iam-dir', join(folder, 'iam')],
        ...['--keep-alive', '--quiet'],
        ...['posix', '--versioning-dir', join(folder, 'versions'), join(folder, 'data')],
      ],
      env: { ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey },
    }),
    async ready({ ports }) {
      const s3 = new S3Client({ ...clientSettings(`http://127.0.0.1:${ports[0]}`), forcePathStyle: true });
      await s3.send(new ListBucketsCommand({}), { requestTimeout: 2_000 }).finally(() => s3.destroy());
    },
  });
}
