/** One line of `npm test`, which needs Node only; silent when single files are run by hand. */
export default function mention(): void {
  if (process.env.npm_lifecycle_event !== 'test') return;
  process.stdout.write(
    'Not among these: tests on real S3, SQS, DynamoDB and Kafka servers; npm run test:cloud runs them.\n',
  );
}
