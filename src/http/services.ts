import type { HttpBindings } from '@hono/node-server';
import type { Logger } from 'pino';
import type { Attestor } from '../audit/attestation.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Trail } from '../audit/trail.ts';
import type { TrailVerdict } from '../audit/verify-trail.ts';
import type { Deriver } from '../delivery/derive.ts';
import type { OriginalLinks } from '../delivery/original-links.ts';
import type { Permit } from '../delivery/permission.ts';
import type { Signer } from '../delivery/signing.ts';
import type { TenantLinks } from '../delivery/tenant-links.ts';
import type { ApiKeys } from '../identity/api-keys.ts';
import type { Identity } from '../identity/identity.ts';
import type { Invitations } from '../identity/invitations.ts';
import type { SendInvitation } from '../identity/invite.ts';
import type { KeyVerifier } from '../identity/key-verifier.ts';
import type { Members } from '../identity/members.ts';
import type { Principal } from '../identity/principal.ts';
import type { TokenKeys } from '../identity/signing-keys.ts';
import type { Catalog, EventLog } from '../images/catalog.ts';
import type { Clock } from '../images/clock.ts';
import type { ObjectStore } from '../images/object-store.ts';
import type { Intake } from '../intake/intake.ts';
import type { Resumable } from '../intake/resumable.ts';
import type { UploadLinks } from '../intake/upload-links.ts';
import type { UploadPlaces } from '../intake/upload-places.ts';
import type { Buckets } from '../limits/buckets.ts';
import type { LiveEvents } from '../notices/live-events.ts';
import type { Subscriptions } from '../notices/subscriptions/manage.ts';
import type { Webhooks } from '../notices/webhooks/manage.ts';
import type { PipelineStore } from '../pipeline/pipeline-store.ts';
import type { Queue } from '../pipeline/queue.ts';
import type { Eraser } from '../retention/eraser.ts';
import type { Erasures, Who } from '../retention/erasure.ts';
import type { Role } from '../roles.ts';
import type { Tenants } from '../tenants/tenants.ts';
import type { Limits } from './admission.ts';
import type { Audited } from './audit-trail.ts';
import type { Metrics } from './metrics.ts';
import type { RateState } from './rate-limits.ts';
import type { Client, ClientOf } from './trusted-proxies.ts';

/** What the HTTP API calls: the rooms, and nothing of how they are kept. */
export interface Services {
  readonly catalog: Catalog;
  readonly events: Pick<EventLog, 'since' | 'latestId'>;
  readonly live: LiveEvents;
  readonly objects: Pick<ObjectStore, 'read'>;
  readonly pipelines: PipelineStore;
  readonly queue: Queue;
  readonly intake: Intake;
  readonly uploadLinks: UploadLinks;
  /** where senders put their files past this service; it takes them itself where there is none */
  readonly uploadPlaces?: UploadPlaces;
  /** where originals are downloaded past this service; it sends them itself where there is none */
  readonly originalLinks?: OriginalLinks;
  readonly resumable: Resumable;
  /** @throws Failure `image_not_found` */
  readonly eraseImage: (which: { tenantId: string; imageId: string }) => Promise<unknown>;
  /** Called after a write that left an event in the outbox. */
  readonly wake: () => void;
  /** of the service itself: links to originals */
  readonly signer: Signer;
  /** of the tenants: links to pictures */
  readonly links: TenantLinks;
  readonly tenants: Tenants;
  /** Decides which requests may see which images. */
  readonly permit: Permit;
  /** Makes pictures of originals as requests ask for them. */
  readonly deriver: Deriver;
  /** For whom a request speaks. @throws Failure `unauthorized` */
  readonly authenticate: (request: Request) => Promise<Principal> | Principal;
  /** told when a key or its maker may do less than before */
  readonly keys: Pick<KeyVerifier, 'forget' | 'forgetMaker'>;
  readonly apiKeys: ApiKeys;
  readonly members: Members;
  readonly invitations: Invitations;
  readonly identity: Identity;
  /** Public keys of our access tokens. */
  readonly tokenKeySet: TokenKeys['publicKeys'];
  readonly sendInvitation: SendInvitation;
  readonly audit: AuditLog;
  /** Takes note of who did what. */
  readonly trail: Trail;
  readonly attestor: Attestor;
  readonly verifyTrail: (tenantId: string) => Promise<TrailVerdict>;
  readonly eraser: Pick<Eraser, 'ask' | 'settled'>;
  readonly erasures: Pick<Erasures, 'find' | 'imagesOf'>;
  /** Everything of a person, as a zip archive. */
  readonly exportPerson: (who: Who) => ReadableStream<Uint8Array>;
  readonly webhooks: Webhooks;
  readonly subscriptions: Subscriptions;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** What links begin with, without a slash at the end; known only once the listener is up. */
  readonly publicUrl: () => string;
  /** What is not well; `[]` is ready. */
  readonly faults: () => Promise<string[]>;
  /** what this process does; everything where absent */
  readonly roles?: readonly Role[];
  readonly log: Logger;
  /** of this build, for the OpenAPI document */
  readonly version: string;
  /** where the defaults do not fit */
  readonly limits?: Partial<Limits>;
  /** who is at the other end; without it no proxy is trusted */
  readonly clientOf?: ClientOf;
  /** how often each may come, as a factor of the rules; without it, as often as he likes */
  readonly rateLimits?: { readonly buckets: Buckets; readonly factor: number };
  /** what reads the figures from elsewhere; without it they are for this machine only */
  readonly metricsToken?: string;
}

/** What each request carries through its handlers. */
export interface AppEnv {
  /** absent in tests that call the app without a socket */
  Bindings: Partial<HttpBindings> & {
    /** aborts when the server begins to stop: nothing new should be waited for */
    readonly closing?: AbortSignal;
  };
  Variables: {
    requestId: string;
    /** absent where there is no socket */
    client: Client | undefined;
    /** the rate limit that the request was counted under */
    rate: RateState | undefined;
    /** set wherever the path asks for credentials */
    principal: Principal;
    /** set by handlers that know more of the call than its path says */
    audited: Audited;
  };
}
