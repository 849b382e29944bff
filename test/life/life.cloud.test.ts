import { describeOn, sharedKafka, sharedServer } from '../cloud/shared-servers.ts';
import { distributed } from './targets/distributed.ts';
import { wholeLife } from './whole-life.ts';

// MiniStack, as its S3 tells its SQS of objects; DynamoDB Local, as it is the one whose conditions and indexes are AWS's.
describeOn(
  ['ministack', 'dynamodb-local', 'kafka'],
  'the life of an image on the platform aws, in five processes',
  () =>
    wholeLife(
      distributed(async () => {
        const [cloud, dynamodb, kafka] = await Promise.all([
          sharedServer('ministack'),
          sharedServer('dynamodb-local'),
          sharedKafka(),
        ]);
        return { s3: cloud, sqs: cloud, dynamodb, kafka: kafka.brokers.plain };
      }),
    ),
);
