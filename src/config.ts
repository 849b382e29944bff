import { availableParallelism } from 'node:os';
import { kafkaRows } from './config-kafka.ts';
import {
  address,
  baseUrl,
  bucketName,
  bytes,
  choice,
  count,
  duration,
  file,
  flag,
  folder,
  issuerUrl,
  keyPrefix,
  mailAddress,
  networks,
  queuePrefix,
  rateFactor,
  secret,
  smtpUrl,
  someOf,
  tableName,
  topicArn,
  words,
} from './config-kinds.ts';
import { masterKeys } from './config-master-keys.ts';
import type { Setting } from './config-reading.ts';
import { ROLES } from './roles.ts';

/**
 * Every setting of Darkroom, once. The key is the property of {@link Settings}; the variable, in lower case and
 * without its prefix, is the key in the configuration file. The environment wins over the file.
 */
export const settingsTable = {
  platform: {
    variable: 'DARKROOM_PLATFORM',
    ...choice('embedded', 'aws'),
    fallback: 'embedded',
    meaning:
      'where records, objects and the queue live: on this machine, or in DynamoDB, S3 and SQS or servers that speak their protocols',
  },
  roles: {
    variable: 'DARKROOM_ROLES',
    ...someOf(...ROLES),
    fallback: ROLES.join(','),
    meaning: 'what this process does; "darkroom serve --roles" names them too',
  },
  dataDir: {
    variable: 'DARKROOM_DATA',
    ...folder,
    fallback: './data',
    meaning: 'folder of the database, the objects and unfinished uploads',
  },
  listen: {
    variable: 'DARKROOM_LISTEN',
    ...address,
    fallback: '127.0.0.1:8080',
    meaning: 'address and port of the server; port 0 picks a free one and prints it',
  },
  publicUrl: {
    variable: 'DARKROOM_PUBLIC_URL',
    ...baseUrl,
    fallbackMeaning: 'from the listener',
    meaning: 'what links and signed URLs begin with',
  },
  apiKey: {
    variable: 'DARKROOM_API_KEY',
    ...secret,
    fallbackMeaning: 'made at first start, printed once',
    meaning: 'an owner key of the first tenant, for machines and this command line',
    isSecret: true,
  },
  url: {
    variable: 'DARKROOM_URL',
    ...baseUrl,
    fallback: 'http://127.0.0.1:8080',
    meaning: 'the server that this command line talks to',
  },
  inboxDir: {
    variable: 'DARKROOM_INBOX',
    ...folder,
    fallbackMeaning: 'none',
    meaning: 'a folder to watch: a file dropped there becomes an image',
  },
  inboxSettleMs: {
    variable: 'DARKROOM_INBOX_SETTLE',
    ...duration('0ms', '1h'),
    fallback: '1s',
    meaning: 'how long a dropped file must be unchanged before it is taken',
  },
  retentionMs: {
    variable: 'DARKROOM_RETENTION',
    ...duration('1s', '3650d'),
    fallback: '7d',
    meaning: 'life of an image where its pipeline names none',
  },
  tombstonesMs: {
    variable: 'DARKROOM_TOMBSTONES',
    ...duration('1s', '3650d'),
    fallback: '30d',
    meaning: 'how long it is remembered that an image existed: ids and times only',
  },
  sweepIntervalMs: {
    variable: 'DARKROOM_SWEEP_INTERVAL',
    ...duration('100ms', '1d'),
    fallback: '1m',
    meaning: 'how often expired images are deleted from the disk; readers never see them in between',
  },
  maxUploadBytes: {
    variable: 'DARKROOM_MAX_UPLOAD',
    ...bytes('1KiB', '5GiB'),
    fallback: '50MiB',
    meaning: 'largest file by signed or resumable upload and from the inbox',
  },
  maxDirectUploadBytes: {
    variable: 'DARKROOM_MAX_DIRECT_UPLOAD',
    ...bytes('1KiB', '5GiB'),
    fallback: '10MiB',
    meaning: 'largest file in the body of POST /v1/images',
  },
  uploadExpiryMs: {
    variable: 'DARKROOM_UPLOAD_EXPIRY',
    ...duration('1s', '30d'),
    fallback: '24h',
    meaning: 'when an upload that was begun and not finished is given up',
  },
  renderers: {
    variable: 'DARKROOM_RENDERERS',
    ...count(1, 256),
    fallback: () => String(availableParallelism()),
    fallbackMeaning: 'number of cores',
    meaning: 'processes that decode and encode pictures',
  },
  renderDeadlineMs: {
    variable: 'DARKROOM_RENDER_DEADLINE',
    ...duration('100ms', '1h'),
    fallback: '30s',
    meaning: 'longest work on one picture; then its renderer is killed',
  },
  renderMemoryBytes: {
    variable: 'DARKROOM_RENDER_MEMORY',
    ...bytes('64MiB', '1TiB'),
    fallback: '1GiB',
    meaning: 'memory that all work under way together may be estimated to take; more waits',
  },
  rendererMaxRssBytes: {
    variable: 'DARKROOM_RENDERER_MAX_RSS',
    ...bytes('128MiB', '1TiB'),
    fallback: '620MiB',
    meaning: 'resident memory of one renderer at which it is killed',
  },
  cacheBytes: {
    variable: 'DARKROOM_CACHE_BYTES',
    ...bytes('64MiB', '100TiB'),
    fallback: '2GiB',
    meaning: 'disk space for pictures made on request; the least recently used go first',
  },
  s3Bucket: {
    variable: 'DARKROOM_S3_BUCKET',
    ...bucketName,
    fallbackMeaning: 'none; the platform aws needs it',
    meaning: 'the bucket of originals, results, unfinished uploads and pictures made on request',
  },
  s3Prefix: {
    variable: 'DARKROOM_S3_PREFIX',
    ...keyPrefix,
    fallbackMeaning: 'none: the bucket holds nothing else',
    meaning: 'what all keys in that bucket begin with, a path that ends in a slash',
  },
  s3Endpoint: {
    variable: 'DARKROOM_S3_ENDPOINT',
    ...baseUrl,
    fallbackMeaning: "AWS's own, by region",
    meaning: 'a server that speaks the protocol of S3; its buckets are addressed by path',
  },
  s3PublicUrl: {
    variable: 'DARKROOM_S3_PUBLIC_URL',
    ...baseUrl,
    fallbackMeaning: 'DARKROOM_S3_ENDPOINT',
    meaning: 'where senders reach that server, if by another address than this service does',
  },
  s3Compat: {
    variable: 'DARKROOM_S3_COMPAT',
    ...flag,
    fallback: 'false',
    meaning: 'for servers that refuse the newer checksums or deleting many objects in one request',
  },
  s3KmsKey: {
    variable: 'DARKROOM_S3_KMS_KEY',
    ...words,
    fallbackMeaning: "none: the bucket's own encryption",
    meaning: 'id, ARN or alias of the KMS key that S3 encrypts objects with, by bucket keys',
  },
  dynamodbTable: {
    variable: 'DARKROOM_DYNAMODB_TABLE',
    ...tableName,
    fallback: 'darkroom',
    meaning: 'the table of all records on the platform aws',
  },
  dynamodbEndpoint: {
    variable: 'DARKROOM_DYNAMODB_ENDPOINT',
    ...baseUrl,
    fallbackMeaning: "AWS's own, by region",
    meaning: 'a server that speaks the protocol of DynamoDB',
  },
  sqsPrefix: {
    variable: 'DARKROOM_SQS_PREFIX',
    ...queuePrefix,
    fallback: 'darkroom',
    meaning: 'what the names of the queues of the work begin with on the platform aws',
  },
  sqsEndpoint: {
    variable: 'DARKROOM_SQS_ENDPOINT',
    ...baseUrl,
    fallbackMeaning: "AWS's own, by region",
    meaning: 'a server that speaks the protocol of SQS',
  },
  bucketEventsQueue: {
    variable: 'DARKROOM_BUCKET_EVENTS',
    ...words,
    fallbackMeaning: 'none: buckets are not listened to',
    meaning:
      'the queue of SQS, by name or URL, to which S3 or EventBridge tells of objects that were created',
  },
  bucketRules: {
    variable: 'DARKROOM_BUCKET_RULES',
    ...file,
    fallbackMeaning: 'none: only uploads to places that Darkroom has given out',
    meaning: 'a JSON file: which objects, dropped by others, become images, and whose; see docs/buckets.md',
  },
  masterKeys: {
    variable: 'DARKROOM_MASTER_KEY',
    ...masterKeys,
    fallbackMeaning: 'none: nothing is encrypted',
    meaning: 'turns encryption at rest on; of several keys the first one encrypts, all of them decrypt',
    isSecret: true,
  },
  keyringDir: {
    variable: 'DARKROOM_KEYRING',
    ...folder,
    fallbackMeaning: 'the data folder with "-keyring" after its name',
    meaning: 'folder of the encrypted keys of images; backups leave it out, and losing it loses every image',
  },
  keyringMirrorDir: {
    variable: 'DARKROOM_KEYRING_MIRROR',
    ...folder,
    fallbackMeaning: 'none',
    meaning: 'a second folder, on another disk, for the same keys: each is in both before it is used',
  },
  leaseMs: {
    variable: 'DARKROOM_LEASE',
    ...duration('1s', '12h'),
    fallback: '60s',
    meaning: 'how long a worker holds a message without a sign of life',
  },
  rateLimit: {
    variable: 'DARKROOM_RATE_LIMIT',
    ...rateFactor,
    fallback: '1',
    meaning: 'a factor for all rate limits; "off" turns them off',
  },
  trustedProxies: {
    variable: 'DARKROOM_TRUSTED_PROXIES',
    ...networks,
    fallbackMeaning: 'none',
    meaning: 'proxies whose X-Forwarded-For and X-Forwarded-Proto are believed',
  },
  connectionsPerAddress: {
    variable: 'DARKROOM_CONNECTIONS_PER_ADDRESS',
    ...count(1, 1_000_000),
    fallback: '4000',
    meaning: 'connections that one address may hold open; trusted proxies may hold any number',
  },
  metricsToken: {
    variable: 'DARKROOM_METRICS_TOKEN',
    ...secret,
    fallbackMeaning: 'none: /metrics answers this machine only',
    meaning: 'what a scraper sends to /metrics as its bearer token',
    isSecret: true,
  },
  signUpMode: {
    variable: 'DARKROOM_SIGN_UP',
    ...choice('open', 'invitation', 'closed'),
    fallback: 'invitation',
    meaning:
      'who gets an account: anybody, each with a tenant of his own; who is invited into one; nobody new',
  },
  smtpUrl: {
    variable: 'DARKROOM_SMTP_URL',
    ...smtpUrl,
    fallbackMeaning: 'mails go into the folder mailbox of the data; "darkroom mail" shows them',
    meaning: 'the server that sends mails: smtp://name:password@host:587 or smtps://',
    isSecret: true,
  },
  smtpUrlFile: {
    variable: 'DARKROOM_SMTP_URL_FILE',
    ...file,
    fallbackMeaning: 'none',
    meaning: 'a file that holds DARKROOM_SMTP_URL',
  },
  mailFrom: {
    variable: 'DARKROOM_MAIL_FROM',
    ...mailAddress,
    fallback: 'Darkroom <darkroom@localhost>',
    meaning: 'the sender of mails',
  },
  webhookAllowHttp: {
    variable: 'DARKROOM_WEBHOOK_ALLOW_HTTP',
    ...flag,
    fallback: 'false',
    meaning: 'lets webhooks be http:// too, where anybody in between reads and changes what is sent',
  },
  webhookAllowPrivate: {
    variable: 'DARKROOM_WEBHOOK_ALLOW_PRIVATE',
    ...networks,
    fallbackMeaning: 'none: nothing is sent to private addresses',
    meaning: 'networks of your own that webhooks may reach although they are private',
  },
  snsTopicArn: {
    variable: 'DARKROOM_SNS_TOPIC_ARN',
    ...topicArn,
    fallbackMeaning: 'none: nothing is published there',
    meaning: 'the SNS topic that is told of images that are ready, rejected or failed',
  },
  snsEndpoint: {
    variable: 'DARKROOM_SNS_ENDPOINT',
    ...baseUrl,
    fallbackMeaning: "AWS's own, by the region of the topic",
    meaning: 'a server that speaks the protocol of SNS',
  },
  tokenKeyLifeMs: {
    variable: 'DARKROOM_TOKEN_KEY_LIFE',
    ...duration('1h', '3650d'),
    fallback: '30d',
    meaning: 'how long a key signs access tokens before another takes its place',
  },
  oidcIssuer: {
    variable: 'DARKROOM_OIDC_ISSUER',
    ...issuerUrl,
    fallbackMeaning: 'none',
    meaning: 'an OpenID Connect issuer whose access tokens are taken too, exactly as it names itself',
  },
  oidcAudience: {
    variable: 'DARKROOM_OIDC_AUDIENCE',
    ...words,
    fallbackMeaning: 'none; it must be set together with DARKROOM_OIDC_ISSUER',
    meaning: 'the audience (or, without one, the client_id) that its tokens must name',
  },
  oidcTenantClaim: {
    variable: 'DARKROOM_OIDC_TENANT_CLAIM',
    ...words,
    fallback: 'tenant',
    meaning: 'the claim of its tokens that names the tenant: a name, or a JSON pointer such as /team/id',
  },
  oidcRoleClaim: {
    variable: 'DARKROOM_OIDC_ROLE_CLAIM',
    ...words,
    fallback: 'role',
    meaning:
      'the claim that names the role, or lists roles: a name, or a JSON pointer such as /realm_access/roles',
  },
  ...kafkaRows,
  logLevel: {
    variable: 'DARKROOM_LOG_LEVEL',
    ...choice('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    fallback: 'info',
    meaning: 'the least important log line that is written',
  },
  unsafeNoSync: {
    variable: 'DARKROOM_UNSAFE_NO_SYNC',
    ...flag,
    fallback: 'false',
    meaning: 'LOSES ACKNOWLEDGED UPLOADS in a power cut: only to prove that the power-cut test can fail',
  },
} as const satisfies Record<string, Setting>;

type Table = typeof settingsTable;
export type SettingName = keyof Table;
type ValueOf<Row> = Row extends { parse(text: string, baseDir: string): infer T } ? NonNullable<T> : never;

/** All settings, read and checked. What has no fallback is `undefined` where it was not given. */
export type Settings = {
  readonly [Name in SettingName]: Table[Name] extends { fallback: unknown }
    ? ValueOf<Table[Name]>
    : ValueOf<Table[Name]> | undefined;
};
