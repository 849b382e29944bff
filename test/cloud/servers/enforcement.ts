import type { ServerName } from './server-names.ts';

/**
 * Who does what AWS does, and who only seems to. A test against a server that does not enforce what the test asserts is
 * no evidence: `serversThat(behaviour)` names those that do. `enforcement.cloud.test.ts` asks each running server and fails
 * when a row is no longer true, so that a new version of a server shows here.
 */
export interface Behaviour {
  readonly what: string;
  /** what AWS answers, in a word */
  readonly aws: string;
  /** what each server answered when it was asked; a server that is not named has no such service */
  readonly servers: Readonly<Partial<Record<ServerName, string>>>;
}

const s3 = (versitygw: string, ministack: string, moto: string) => ({ versitygw, ministack, moto });
const queues = (ministack: string, moto: string) => ({ ministack, moto });
const tables = (local: string, ministack: string, moto: string) => ({
  'dynamodb-local': local,
  ministack,
  moto,
});

export const enforcement = {
  s3_post_too_long: {
    what: 'a POST longer than its policy’s content-length-range',
    aws: 'refused',
    servers: s3('refused', 'refused', 'accepted'),
  },
  s3_post_bad_signature: {
    what: 'a POST whose policy is signed with another secret',
    aws: 'refused',
    servers: s3('refused', 'accepted', 'accepted'),
  },
  s3_tampered_get: {
    what: 'a presigned GET with another object’s key put in',
    aws: 'refused',
    servers: s3('refused', 'refused', 'accepted'),
  },
  s3_bad_signature: {
    what: 'a PUT signed with another secret',
    aws: 'refused',
    servers: s3('refused', 'accepted', 'accepted'),
  },
  s3_wrong_crc32: {
    what: 'a PUT whose x-amz-checksum-crc32 is not that of its bytes',
    aws: 'refused',
    servers: s3('refused', 'refused', 'accepted'),
  },
  s3_wrong_sha256: {
    what: 'a PUT whose x-amz-checksum-sha256 is not that of its bytes',
    aws: 'refused',
    servers: s3('refused', 'refused', 'accepted'),
  },
  s3_if_none_match: {
    what: 'the second PUT with If-None-Match: *',
    aws: '412',
    servers: s3('412', '412', '412'),
  },
  s3_if_match: {
    what: 'a PUT with If-Match and another ETag',
    aws: '412',
    servers: s3('412', '412', '412'),
  },
  s3_if_none_match_race: {
    what: 'eight PUTs with If-None-Match: * at once: how many are stored',
    aws: 'one',
    servers: s3('one', 'one', 'one'),
  },
  s3_delete_marker: {
    what: 'a deleted object of a versioned bucket: hidden, its version still readable',
    aws: 'hidden, version kept',
    servers: s3('hidden, version kept', 'hidden, version kept', 'hidden, version kept'),
  },
  s3_presigned_put_wrong_length: {
    what: 'a presigned PUT with a body shorter than the signed content-length',
    aws: 'refused',
    servers: s3('refused', 'refused', 'accepted'),
  },
  s3_presigned_put_wrong_sha256: {
    what: 'a presigned PUT with other bytes than the signed x-amz-checksum-sha256 says',
    aws: 'refused',
    servers: s3('refused', 'refused', 'accepted'),
  },
  s3_presigned_expired: {
    what: 'a presigned GET after its time',
    aws: 'refused',
    servers: s3('refused', 'refused', 'accepted'),
  },
  s3_small_part: {
    what: 'a multipart upload completed with a first part under 5 MiB',
    aws: 'refused',
    servers: s3('refused', 'accepted', 'refused'),
  },
  s3_range_past_end: {
    what: 'a ranged GET that begins past the end',
    aws: '416',
    servers: s3('416', '416', '416'),
  },
  s3_event_test: {
    what: 's3:TestEvent, sent to the queue when notifications are set up',
    aws: 'sent',
    servers: queues('sent', 'sent'),
  },
  s3_event_key: {
    what: 'the key in an event: URL-encoded, a space as +, slashes as they are',
    aws: 'encoded',
    servers: queues('encoded', 'slashes encoded too'),
  },
  s3_event_sequencer: {
    what: 'the sequencer of two events of one key',
    aws: 'grows',
    servers: queues('grows', 'absent'),
  },
  s3_event_names: {
    what: 'the event names of a PUT, a copy and a multipart upload',
    aws: 'Put, Copy, CompleteMultipartUpload',
    servers: queues('Put, Copy, CompleteMultipartUpload', 'Put, Copy, Put'),
  },
  sqs_visibility: {
    what: 'a received message: hidden for its visibility timeout, then back with a higher receive count',
    aws: 'hidden, then back',
    servers: queues('hidden, then back', 'hidden, then back'),
  },
  sqs_visibility_returned: {
    what: 'a message given back with a visibility of 0',
    aws: 'back at once',
    servers: queues('back at once', 'back at once'),
  },
  sqs_redrive_policy: {
    what: 'a message received more often than maxReceiveCount',
    aws: 'in the dead letters',
    servers: queues('in the dead letters', 'in the dead letters'),
  },
  sqs_move_task: {
    what: 'StartMessageMoveTask from the dead letters',
    aws: 'moved back',
    servers: queues('unsupported', 'unsupported'),
  },
  sqs_batch_delete: {
    what: 'a batch delete with one handle that is nobody’s',
    aws: 'partial',
    servers: queues('partial', 'partial'),
  },
  sqs_long_poll: {
    what: 'a receive that waits when a message comes',
    aws: 'woken',
    servers: queues('woken', 'woken'),
  },
  sqs_batch_of_eleven: {
    what: 'a batch of eleven messages',
    aws: 'refused',
    servers: queues('refused', 'refused'),
  },
  sqs_message_too_long: {
    what: 'a message of 1 MiB and a byte',
    aws: 'refused',
    servers: queues('refused', 'refused'),
  },
  dynamodb_condition: {
    what: 'a failed condition with ReturnValuesOnConditionCheckFailure',
    aws: 'refused, with the item',
    servers: tables('refused, with the item', 'refused, with the item', 'refused, with the item'),
  },
  dynamodb_transaction: {
    what: 'a transaction whose second condition fails: nothing written, a reason for each part',
    aws: 'refused: None, ConditionalCheckFailed',
    servers: tables(
      'refused: None, ConditionalCheckFailed',
      'refused: None, ConditionalCheckFailed',
      'refused: None, ConditionalCheckFailed',
    ),
  },
  dynamodb_transaction_token: {
    what: 'the same ClientRequestToken for another transaction',
    aws: 'IdempotentParameterMismatchException',
    servers: tables(
      'IdempotentParameterMismatchException',
      'IdempotentParameterMismatchException',
      'accepted',
    ),
  },
  dynamodb_sparse_index: {
    what: 'an item without the key of an index',
    aws: 'not in the index',
    servers: tables('not in the index', 'not in the index', 'not in the index'),
  },
  dynamodb_item_too_large: {
    what: 'an item over 400 KB',
    aws: 'refused',
    servers: tables('refused', 'refused', 'refused'),
  },
  dynamodb_transaction_of_101: {
    what: 'a transaction of 101 writes',
    aws: 'refused',
    servers: tables('refused', 'refused', 'refused'),
  },
  dynamodb_empty_key: {
    what: 'an item whose key is an empty string',
    aws: 'refused',
    servers: tables('refused', 'refused', 'refused'),
  },
  dynamodb_ttl: {
    what: 'an item past its TTL, after some seconds (AWS: days, and readable until then)',
    aws: 'still there',
    servers: tables('deleted', 'still there', 'still there'),
  },
  dynamodb_ttl_indexed: {
    what: 'the same in a table with an index, by an item that is not in the index',
    aws: 'still there',
    servers: tables('still there', 'still there', 'still there'),
  },
} as const satisfies Record<string, Behaviour>;

export type BehaviourName = keyof typeof enforcement;

/** The servers on which a test of this behaviour proves something: those that do as AWS does. */
export function serversThat(behaviour: BehaviourName): ServerName[] {
  const { aws, servers }: Behaviour = enforcement[behaviour];
  return (Object.keys(servers) as ServerName[]).filter((name) => servers[name] === aws);
}
