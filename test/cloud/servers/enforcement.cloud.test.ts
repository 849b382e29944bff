import { expect, test } from 'vitest';
import { describeOn, sharedServer } from '../shared-servers.ts';
import { type Behaviour, type BehaviourName, enforcement } from './enforcement.ts';
import { dynamodbProbes } from './probes/dynamodb.ts';
import type { Probe } from './probes/outcome.ts';
import { s3Probes } from './probes/s3.ts';
import { s3EventProbes } from './probes/s3-events.ts';
import { sqsProbes } from './probes/sqs.ts';

const probes: Readonly<Record<BehaviourName, Probe>> = {
  ...s3Probes,
  ...s3EventProbes,
  ...sqsProbes,
  ...dynamodbProbes,
};

for (const server of ['versitygw', 'ministack', 'moto', 'dynamodb-local'] as const) {
  describeOn([server], `${server} still does what the table of enforcement says`, () => {
    for (const [name, { what, servers }] of Object.entries(enforcement) as [BehaviourName, Behaviour][]) {
      const expected = servers[server];
      if (expected === undefined) continue;
      test.concurrent(`${name}: ${what}: ${expected}`, async () => {
        expect(await probes[name](await sharedServer(server))).toBe(expected);
      });
    }
  });
}
