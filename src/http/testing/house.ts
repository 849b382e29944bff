import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { startAuditing } from '../../audit/start-auditing.ts';
import { createDeriver } from '../../delivery/derive.ts';
import { permitByTenant } from '../../delivery/permission.ts';
import { planDelivery } from '../../delivery/plan/plan-delivery.ts';
import { createSigner } from '../../delivery/signing.ts';
import { createTenantLinks } from '../../delivery/tenant-links.ts';
import { hashKey } from '../../identity/key-format.ts';
import { createKeyVerifier } from '../../identity/key-verifier.ts';
import type { OidcSettings } from '../../identity/oidc.ts';
import { createPeople } from '../../identity/people.ts';
import type { Principal } from '../../identity/principal.ts';
import type { ImageRecord } from '../../images/image.ts';
import { createIntake } from '../../intake/receive.ts';
import { createResumable } from '../../intake/resumable.ts';
import { createUploadLinks } from '../../intake/upload-links.ts';
import { createFence } from '../../notices/fence/fence.ts';
import { createLiveEvents } from '../../notices/live-events.ts';
import { createNotices } from '../../notices/notices.ts';
import { startRelay } from '../../notices/relay.ts';
import { createSinks } from '../../notices/sinks.ts';
import { createSubscriptionLinks } from '../../notices/subscriptions/links.ts';
import { withDefaultPipeline } from '../../pipeline/given-pipelines.ts';
import { startRendererPool } from '../../pipeline/renderer-pool.ts';
import { startWorker } from '../../pipeline/worker.ts';
import { createMailbox } from '../../platform/embedded/mailbox.ts';
import { openEmbedded } from '../../platform/embedded/platform.ts';
import { quickPasswords } from '../../platform/embedded/testing/quick-passwords.ts';
import type { Platform } from '../../platform/platform.ts';
import { eraseImage } from '../../retention/erase.ts';
import { createEraser } from '../../retention/eraser.ts';
import { exportPerson } from '../../retention/export-person.ts';
import { personKeepers } from '../../retention/person-keepers.ts';
import { zipStream } from '../../retention/zip-stream.ts';
import { tenantRetentionMs } from '../../tenants/settings.ts';
import { createTenants } from '../../tenants/tenants.ts';
import { type App, createApp, type Services } from '../app.ts';
import { createAuthentication } from '../authentication.ts';
import { createMetrics } from '../metrics.ts';

export const API_KEY = 'dk_test_0123456789abcdefghijklmnopqrstuvwxyz';
export const TENANT = 'main';

/** For whom the house's own key speaks. */
export const owner: Principal = {
  tenantId: TENANT,
  userId: 'owner',
  role: 'owner',
  via: { kind: 'key', keyId: 'first' },
};

/** An owner of another tenant than the house's. */
export const stranger: Principal = {
  tenantId: 'other',
  userId: 'u',
  role: 'owner',
  via: { kind: 'key', keyId: 'theirs' },
};
const HOUR = 3_600_000;
const MIB = 1024 * 1024;

/** The API over a real platform, with the real intake, relay, worker and renderers behind it. */
export interface House {
  readonly app: App;
  readonly services: Services;
  readonly platform: Platform;
  /** of the data; its mailbox has the mails */
  readonly folder: string;
  readonly clock: { now(): number; advance(ms: number): void };
  /** log lines so far, parsed */
  readonly logged: Record<string, unknown>[];
  /** everything that was logged, as text */
  logText(): string;
  /** mails of invitations so far */
  readonly invited: Parameters<Services['sendInvitation']>[0][];
  /** What links begin with; a test with a socket sets it to its own. */
  publicUrl: string;
  /** Calls the app with credentials. */
  call(path: string, init?: RequestInit): Promise<Response>;
  /** Uploads a sample and waits for its end. */
  upload(sample: string, query?: string): Promise<ImageRecord>;
  /** The same app with some services replaced. */
  appWith(parts: Partial<Services>): App;
  close(): Promise<void>;
}

export interface HouseOptions {
  /** without a worker, what is uploaded stays `received` */
  readonly works?: boolean;
  /** `full` unless a test writes much and is about what is answered */
  readonly durability?: 'full' | 'none';
  /** another issuer whose tokens are taken */
  readonly oidc?: OidcSettings;
}

export async function openHouse({
  works = true,
  durability = 'full',
  oidc,
}: HouseOptions = {}): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-http-'));
  let shift = 0;
  const clock = {
    now: () => Date.now() + shift,
    advance: (ms: number) => {
      shift += ms;
    },
  };
  const lines: string[] = [];
  const invited: House['invited'] = [];
  const log = pino({ level: 'debug', base: null }, { write: (line: string) => void lines.push(line) });
  const opened = await openEmbedded({
    ...{ dataDir: folder, clock, role: 'server', durability },
    passwords: quickPasswords,
  });
  const platform = { ...opened, pipelines: withDefaultPipeline(opened.pipelines) };
  const live = createLiveEvents();
  const publicUrl = () => house.publicUrl;
  const links = createSubscriptionLinks({ secret: 'a secret for links in mails', publicUrl });
  const notices = createNotices({
    ...platform,
    ...{ clock, log, publicUrl, links, version: '0.0.0-test', wakeMail: () => people.wakeMail() },
    lookEveryMs: 100,
    fence: createFence({ resolve: noName, allowHttp: true, allowPrivate: ['127.0.0.1'] }),
  });
  const sinks = createSinks({ lines: platform.sinkLines, log }, [notices.sink]);
  const telling = sinks.start();
  const relay = startRelay({
    events: platform.events,
    queue: platform.queue,
    live,
    log,
    sinks: sinks.toTell,
  });
  const signer = createSigner({ keys: [{ id: 'k1', secret: 'a secret for the tests of http' }] });
  const tenants = createTenants({ store: platform.tenants, clock });
  const metrics = createMetrics({ version: '0.0.0-test' });
  const keys = createKeyVerifier({ ...platform, clock, first: { hash: hashKey(API_KEY), principal: owner } });
  const shared = { clock, publicUrl: () => house.publicUrl, wake: relay.wake, uploadExpiryMs: 24 * HOUR };
  const erase = (which: { tenantId: string; imageId: string }) => eraseImage({ ...platform, clock }, which);
  const intake = createIntake({
    ...platform,
    ...shared,
    retentionMs: async (tenantId) => tenantRetentionMs(await tenants.settings(tenantId), 7 * 24 * HOUR),
    maxUploadBytes: 50 * MIB,
    maxDirectUploadBytes: 10 * MIB,
  });
  const renderers = startRendererPool({
    processes: 1,
    deadlineMs: 20_000,
    memoryBytes: 512 * MIB,
    maxRssBytes: 620 * MIB,
  });
  const deriver = createDeriver({
    ...platform,
    cache: platform.derivatives,
    ...{ renderers, log, clock },
    plan: planDelivery,
    processes: 1,
    memoryBytes: 512 * MIB,
  });
  const auditing = await startAuditing({
    ...{ ...platform, clock, log },
    keepElsewhere: async () => {},
    keptElsewhere: async () => [],
  });
  const people = await createPeople({
    ...platform,
    ...{ clock, log, publicUrl: shared.publicUrl },
    links,
    mailer: createMailbox(join(folder, 'mailbox'), 'Darkroom <darkroom@photos.example>'),
    signUpMode: 'open',
    tokenKeyLifeMs: 30 * 24 * HOUR,
    ...(oidc && { oidc }),
  });
  const parts = { ...platform, identity: people.identity, keys, clock };
  const eraser = createEraser({
    ...{ ports: parts, erasures: platform.erasures, attestor: auditing.attestor, log, wake: relay.wake },
    keepers: personKeepers({ ...parts, forgetMails: async () => 0 }),
  });
  const erasing = eraser.start();
  const services: Services = {
    ...platform,
    ...shared,
    live,
    ...auditing,
    eraser,
    exportPerson: (who) => zipStream(exportPerson(parts, who)),
    intake,
    signer,
    tenants,
    links: createTenantLinks({ tenants, clock }),
    permit: permitByTenant({ tenants, clock }),
    deriver,
    metrics,
    log,
    uploadLinks: createUploadLinks({ signer, publicUrl: shared.publicUrl }),
    resumable: createResumable({
      ...shared,
      intake,
      erase: (tenantId, imageId) => erase({ tenantId, imageId }),
    }),
    eraseImage: erase,
    keys,
    authenticate: createAuthentication({ keys, members: platform.members, readToken: people.readToken }),
    identity: people.identity,
    tokenKeySet: people.tokenKeySet,
    webhooks: notices.webhooks,
    subscriptions: notices.subscriptions,
    sendInvitation: async (mail) => void invited.push(mail),
    version: '0.0.0-test',
  };

  const worker =
    works && startWorker({ ...shared, platform, renderers, log, metrics, concurrency: 2, leaseMs: 30_000 });
  metrics.watch({
    ...platform,
    renderers,
    listeners: () => live.listeners,
  });

  people.start();
  notices.start();
  const house: House = {
    folder,
    app: createApp(services),
    services,
    platform,
    clock,
    get logged() {
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    invited,
    logText: () => lines.join(''),
    publicUrl: 'https://photos.example',
    call: async (path, init = {}) => house.app.request(path, authorised(init)),
    upload: async (sample, query = '') => {
      const sent = await house.call(`/v1/images?filename=${sample}${query}`, {
        method: 'POST',
        body: await sampleBytes(sample),
      });
      const { image_id: id } = (await sent.json()) as ImageRecord;
      const ended = await house.call(`/v1/image/${id}?wait=ready`);
      return (await ended.json()) as ImageRecord;
    },
    appWith: (parts) => createApp({ ...services, ...parts }),
    async close() {
      if (worker) await worker.stop(5000);
      await deriver.stop();
      await renderers.close();
      await relay.stop();
      await telling.stop();
      await notices.stop();
      await erasing.stop();
      await auditing.stop();
      await people.stop();
      await platform.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return house;
}

/** Receivers of tests have addresses and no names. */
async function noName(): Promise<never> {
  throw Object.assign(new Error('tests know no names'), { code: 'ENOTFOUND' });
}

export function authorised(init: RequestInit = {}): RequestInit {
  const headers = new Headers(init.headers);
  if (!headers.has('authorization')) headers.set('authorization', `Bearer ${API_KEY}`);
  return { ...init, headers };
}

export async function sampleBytes(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(fileURLToPath(new URL(`../../../samples/${name}`, import.meta.url))));
}

export interface ProblemBody {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly request_id: string;
  readonly errors?: readonly { path: string; message: string }[];
  readonly [member: string]: unknown;
}

/** Reads a refusal; fails where it is not a complete problem document. */
export async function problemOf(response: Response): Promise<ProblemBody> {
  const body = (await response.json()) as ProblemBody;
  const isComplete =
    response.headers.get('content-type') === 'application/problem+json' &&
    response.headers.get('cache-control') === 'no-store' &&
    body.status === response.status &&
    typeof body.detail === 'string' &&
    body.request_id === response.headers.get('x-request-id');
  if (isComplete) return body;
  throw new Error(`not a problem document: ${response.status} ${JSON.stringify(body)}`);
}
