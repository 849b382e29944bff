import { createHash, randomBytes } from 'node:crypto';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { credentials, REGION } from '../../../test/cloud/servers/credentials.ts';
import type { ManagedServer } from '../../../test/cloud/servers/process/managed-server.ts';
import { startVersitygw } from '../../../test/cloud/servers/versitygw.ts';
import { objectStoreContract } from '../../images/object-store.contract.ts';
import type { ObjectStore } from '../../images/object-store.ts';
import { createMemoryKeyring } from '../../images/testing/memory-keyring.ts';
import { sealObjects } from '../sealed/sealed-objects.ts';
import { createS3Objects } from './s3-objects.ts';
import { openTestBucket, type TestBucket } from './testing/test-bucket.ts';

// versitygw enforces conditions, checksums, ranges and signatures: it is the truth for everything here.
let server: ManagedServer;
beforeAll(async () => {
  server = await startVersitygw();
}, 120_000);
afterAll(() => server.stop());

const identity = { region: REGION, credentials };
const PART = 5 * 2 ** 20;

objectStoreContract('A bucket', async () => {
  const bucket = await openTestBucket(server.url, identity);
  return { ...bucket, store: createS3Objects({ bucket, scratch: bucket.scratch }) };
});
