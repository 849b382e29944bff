import type { Logger } from 'pino';
import type { AuditLog } from '../audit/audit-log.ts';
import type { DerivativeCache } from '../delivery/derivative-cache.ts';
import type { OriginalLinks } from '../delivery/original-links.ts';
import type { Leases } from '../duties/leases.ts';
import type { MintAccessToken } from '../identity/access-tokens.ts';
import type { ApiKeys } from '../identity/api-keys.ts';
import type { Identity, SignUpMode } from '../identity/identity.ts';
import type { Invitations } from '../identity/invitations.ts';
import type { Members } from '../identity/members.ts';
import type { TokenKeyStore } from '../identity/signing-keys.ts';
import type { Catalog, CatalogUpkeep, EventLog } from '../images/catalog.ts';
import type { Keyring } from '../images/keyring.ts';
import type { ObjectStore } from '../images/object-store.ts';
import type { PartialUploads } from '../intake/partial-uploads.ts';
import type { UploadPlaces } from '../intake/upload-places.ts';
import type { Usage } from '../limits/usage.ts';
import type { MailOutbox } from '../notices/mail-outbox.ts';
import type { SinkLines } from '../notices/sink-lines.ts';
import type { SubscriptionStore } from '../notices/subscriptions/subscription.ts';
import type { WebhookStore } from '../notices/webhooks/webhook-store.ts';
import type { PipelineStore } from '../pipeline/pipeline-store.ts';
import type { Queue } from '../pipeline/queue.ts';
import type { Erasures } from '../retention/erasure.ts';
import type { TenantStore } from '../tenants/tenant-store.ts';

/** What a platform has to say while it works. */
export type PlatformLog = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** Everything that differs between one machine and a cloud, behind the interfaces of the rooms that use it. */
export interface Platform {
  /** several processes work on it at the same time */
  readonly isShared: boolean;
  readonly catalog: Catalog;
  readonly upkeep: CatalogUpkeep;
  readonly events: EventLog;
  /** what waits to be told to places outside */
  readonly sinkLines: SinkLines;
  readonly objects: ObjectStore;
  /** what objects are sealed with, where encryption is on; to be told of images that are gone in any case */
  readonly keyring: Keyring;
  readonly derivatives: DerivativeCache;
  readonly queue: Queue;
  readonly partialUploads: PartialUploads;
  /** where senders put their files past this service; it takes them itself where there is none */
  readonly uploadPlaces?: UploadPlaces;
  /** where originals are downloaded past this service; it sends them itself where there is none */
  readonly originalLinks?: OriginalLinks;
  readonly pipelines: PipelineStore;
  readonly tenants: TenantStore;
  readonly members: Members;
  readonly invitations: Invitations;
  readonly apiKeys: ApiKeys;
  readonly audit: AuditLog;
  readonly tokenKeys: TokenKeyStore;
  readonly mails: MailOutbox;
  readonly webhookStore: WebhookStore;
  readonly subscriptionStore: SubscriptionStore;
  /** People and their sessions. To be opened once; closed with the platform. */
  openIdentity(options: IdentityOptions): Promise<Identity>;
  readonly erasures: Erasures;
  readonly secrets: Secrets;
  readonly usage: Usage;
  /** which of several processes does what only one should do */
  readonly leases: Leases;
  /** Names what is not well: `[]` is ready. */
  faults(): Promise<string[]>;
  /**
   * Looks through the whole database: sentences about what is wrong, `[]` is sound. It may take a second for each
   * gigabyte, in which this process does nothing else: for a tool, not for a server.
   */
  inspect(): Promise<string[]>;
  close(): Promise<void>;
}

export interface IdentityOptions {
  readonly signUpMode: SignUpMode;
  readonly mint: MintAccessToken;
  /** called after mails were put into the outbox */
  readonly wakeMail: () => void;
  /** the name that authenticator apps show */
  readonly serviceName: () => string;
}

/** Small values that must survive a restart: signing keys, hashes of API keys. */
export interface Secrets {
  /** The stored value, or `make()` stored now; the same answer for all who ask at once. */
  getOrCreate(name: string, make: () => string): Promise<{ value: string; created: boolean }>;
}
