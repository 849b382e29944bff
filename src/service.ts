import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import manifest from '../package.json' with { type: 'json' };
import { startAuditing } from './audit/start-auditing.ts';
import type { Settings } from './config.ts';
import { createDeriver } from './delivery/derive.ts';
import { permitByTenant } from './delivery/permission.ts';
import { planDelivery } from './delivery/plan/plan-delivery.ts';
import { createSigner } from './delivery/signing.ts';
import { createTenantLinks } from './delivery/tenant-links.ts';
import { createApp } from './http/app.ts';
import { createAuthentication } from './http/authentication.ts';
import { createMetrics } from './http/metrics.ts';
import { listen } from './http/server.ts';
import { createClientOf } from './http/trusted-proxies.ts';
import type { Identity } from './identity/identity.ts';
import { hashKey, makeKey } from './identity/key-format.ts';
import { createKeyVerifier, type FirstKey } from './identity/key-verifier.ts';
import type { OidcSettings } from './identity/oidc.ts';
import { createPeople } from './identity/people.ts';
import { systemClock } from './images/clock.ts';
import { watchFolder } from './intake/folder.ts';
import { createIntake } from './intake/receive.ts';
import { createResumable } from './intake/resumable.ts';
import { createUploadLinks } from './intake/upload-links.ts';
import { createAllowance } from './limits/allowance.ts';
import { createMemoryBuckets } from './limits/memory-buckets.ts';
import { createLiveEvents } from './notices/live-events.ts';
import { pageLink } from './notices/mail-templates.ts';
import { startRelay } from './notices/relay.ts';
import { type Sink, startSinks } from './notices/sinks.ts';
import { withDefaultPipeline } from './pipeline/given-pipelines.ts';
import { startRendererPool } from './pipeline/renderer-pool.ts';
import { startWorker } from './pipeline/worker.ts';
import { addCheckpoint, checkpointFile, readCheckpoints } from './platform/embedded/checkpoint-file.ts';
import { encryptionFrom } from './platform/embedded/encryption-settings.ts';
import { forgetMails } from './platform/embedded/forget-mails.ts';
import { openEmbedded } from './platform/embedded/platform.ts';
import { mailboxFolder, openMailer } from './platform/open-mailer.ts';
import type { Platform } from './platform/platform.ts';
import { eraseImage } from './retention/erase.ts';
import { startEraser } from './retention/eraser.ts';
import { exportPerson } from './retention/export-person.ts';
import { personKeepers } from './retention/person-keepers.ts';
import { startSweeper } from './retention/sweeper.ts';
import { zipStream } from './retention/zip-stream.ts';
import { kafkaEvents, startKafkaIntake } from './service-kafka.ts';
import { openNotices, snsNotices } from './service-notices.ts';
import { tenantRetentionMs } from './tenants/settings.ts';
import { createTenants } from './tenants/tenants.ts';

/** Until people and tenants come, everything belongs to one owner. */
const OWNER = { tenantId: 'main', userId: 'owner' } as const;

/** milliseconds that work in flight may take to finish when the service stops; then it is given back */
const DRAIN_MS = 20_000;

export interface Service {
  /** where it listens */
  readonly url: string;
  /** the owner's API key, only where this very start has made it */
  readonly firstKey?: string;
  /** where the first owner gets an account, only where this very start has made it; good once, for a day */
  readonly ownerLink?: string;
  /** Stops taking work, finishes or gives back what is in flight, closes everything. */
  stop(): Promise<void>;
}

/** The composition root: opens the platform, builds each room and hands it what it needs. */
export async function startService(settings: Settings, { log }: { log: Logger }): Promise<Service> {
  const clock = systemClock;
  const opened = await openEmbedded({
    dataDir: settings.dataDir,
    clock,
    role: 'server',
    durability: settings.unsafeNoSync ? 'none' : 'full',
    cacheBytes: settings.cacheBytes,
    encryption: encryptionFrom(settings),
  });
  const platform: Platform = { ...opened, pipelines: withDefaultPipeline(opened.pipelines) };
  const { catalog, events, objects, queue, pipelines, partialUploads } = platform;
  const firstKey = Promise.withResolvers<FirstKey>();
  const keys = createKeyVerifier({ ...platform, clock, first: firstKey.promise });
  const tenants = createTenants({ store: platform.tenants, clock });
  const auditing = await startAuditing({
    ...platform,
    clock,
    log,
    keepElsewhere: (checkpoint) => addCheckpoint(checkpointFile(settings.dataDir), checkpoint),
    keptElsewhere: () => readCheckpoints(checkpointFile(settings.dataDir)),
  });
  const { trail, attestor, verifyTrail } = auditing;
  const signer = createSigner({ keys: [await signingKey(platform)] });

  let url = '';
  const publicUrl = () => settings.publicUrl ?? url;

  const live = createLiveEvents();
  const { notices, links } = await openNotices(settings, {
    ...{ platform, clock, log, publicUrl, version: manifest.version },
    wakeMail: () => people.wakeMail(),
  });
  const placesOutside: Sink[] = [
    notices.sink,
    ...(await kafkaEvents(settings, log)),
    ...(await snsNotices(settings, publicUrl)),
  ];
  const sinks = startSinks({ lines: platform.sinkLines, log }, placesOutside);
  const relay = startRelay({ events, queue, live, log, sinks: sinks.toTell });
  const wake = () => relay.wake();
  const renderers = startRendererPool({
    processes: settings.renderers,
    deadlineMs: settings.renderDeadlineMs,
    memoryBytes: settings.renderMemoryBytes,
    maxRssBytes: settings.rendererMaxRssBytes,
    onRestart: (cause, lastWords) =>
      log[cause === 'recycled' ? 'debug' : 'warn']({ cause, lastWords }, 'a renderer was replaced'),
  });
  const metrics = createMetrics({ version: manifest.version });
  metrics.watch({ queue, renderers, upkeep: platform.upkeep, listeners: () => live.listeners });
  const worker = startWorker({
    platform,
    renderers,
    clock,
    log,
    publicUrl,
    wake,
    metrics,
    concurrency: settings.renderers + 4,
    leaseMs: settings.leaseMs,
  });
  const buckets = createMemoryBuckets();
  const allowance = createAllowance({ tenants, usage: platform.usage, buckets, clock });
  const deriver = createDeriver({
    allowance,
    objects,
    renderers,
    cache: platform.derivatives,
    log,
    plan: planDelivery,
    clock,
    processes: settings.renderers,
    memoryBytes: settings.renderMemoryBytes,
  });
  metrics.watch({ deriver });
  const intake = createIntake({
    allowance,
    catalog,
    objects,
    partialUploads,
    pipelines,
    clock,
    wake,
    publicUrl,
    retentionMs: async (tenantId) =>
      tenantRetentionMs(await tenants.settings(tenantId), settings.retentionMs),
    uploadExpiryMs: settings.uploadExpiryMs,
    maxUploadBytes: settings.maxUploadBytes,
    maxDirectUploadBytes: settings.maxDirectUploadBytes,
  });
  const uploadLinks = createUploadLinks({ signer, publicUrl });
  const retention = { ...platform, clock };
  const erase = (tenantId: string, imageId: string) => eraseImage(retention, { tenantId, imageId });
  const people = await createPeople({
    ...platform,
    ...{ clock, log, publicUrl, links },
    mailer: await openMailer(settings),
    signUpMode: settings.signUpMode,
    tokenKeyLifeMs: settings.tokenKeyLifeMs,
    ...oidcOf(settings),
  });
  const { identity, readToken, tokenKeySet, sendInvitation } = people;
  const mailbox = mailboxFolder(settings);
  const keepers = {
    ...platform,
    identity,
    keys,
    forgetMails: (address: string) => forgetMails(mailbox, address),
  };
  const eraser = startEraser({
    ...{ ports: retention, erasures: platform.erasures, attestor, log, wake },
    keepers: personKeepers(keepers),
  });
  const app = createApp({
    ...platform,
    live,
    intake,
    uploadLinks,
    resumable: createResumable({ intake, publicUrl, uploadExpiryMs: settings.uploadExpiryMs, erase }),
    eraseImage: ({ tenantId, imageId }) => erase(tenantId, imageId),
    wake,
    signer,
    tenants,
    links: createTenantLinks({ tenants, clock }),
    permit: permitByTenant({ tenants, clock }),
    deriver,
    ...{ trail, attestor, verifyTrail, eraser },
    exportPerson: (who) => zipStream(exportPerson({ ...platform, identity, clock }, who)),
    keys,
    authenticate: createAuthentication({ keys, members: platform.members, readToken }),
    ...{ identity, tokenKeySet, sendInvitation },
    ...{ webhooks: notices.webhooks, subscriptions: notices.subscriptions },
    metrics,
    clock,
    publicUrl,
    faults: () => platform.faults(),
    version: manifest.version,
    log,
    clientOf: createClientOf(settings.trustedProxies ?? []),
    rateLimits: { buckets, factor: settings.rateLimit },
    ...(settings.metricsToken !== undefined && { metricsToken: settings.metricsToken }),
  });
  const connections = { perAddress: settings.connectionsPerAddress, exempt: settings.trustedProxies ?? [] };
  const server = await listen(app, { ...settings.listen, connections }).catch(async (error: unknown) => {
    await worker.stop(0);
    await eraser.stop();
    await auditing.stop();
    await deriver.stop();
    await relay.stop();
    await sinks.stop();
    await renderers.close();
    await platform.close();
    throw error;
  });
  url = server.url;
  // Only now: a key that was made before the port turned out to be taken would be stored and never shown.
  const { hash, made } = await ownerKey(platform, settings.apiKey);
  firstKey.resolve({ hash, principal: { ...OWNER, role: 'owner', via: { kind: 'key', keyId: 'first' } } });

  // Who only looks at the log must not wonder for long why everything is refused.
  for (const fault of await platform.faults()) log.error({ fault }, 'the service is not ready');
  people.start();
  notices.start();
  const ownerToken = await firstOwnerToken(platform, identity);

  const sweeper = startSweeper(retention, {
    intervalMs: settings.sweepIntervalMs,
    periods: { tombstone: settings.tombstonesMs, abandonedUpload: settings.uploadExpiryMs },
    onSwept: (report) => log.debug({ report }, 'swept'),
    onReconciled: (report) => log.debug({ report }, 'reconciled'),
    onFault: (error) => log.error({ err: error }, 'the sweep failed; the next one tries again'),
  });
  const inbox =
    settings.inboxDir === undefined
      ? undefined
      : watchFolder({ inbox: settings.inboxDir, settleMs: settings.inboxSettleMs, intake, log, ...OWNER });
  const kafka = await startKafkaIntake(settings, { intake, queue, log });

  return {
    url,
    ...(made !== undefined && { firstKey: made }),
    ...(ownerToken !== undefined && { ownerLink: pageLink(publicUrl(), 'setup', ownerToken) }),
    async stop() {
      await Promise.all([
        inbox?.stop(),
        kafka?.stop(),
        sweeper.stop(),
        server.close(DRAIN_MS),
        worker.stop(DRAIN_MS),
        notices.stop(),
      ]);
      await deriver.stop();
      await relay.stop();
      await sinks.stop();
      await renderers.close();
      await eraser.stop();
      await auditing.stop();
      await people.stop();
      await platform.close();
    },
  };
}

/** The key from the settings, else the one made at the first start: only its hash is kept. */
async function ownerKey(
  { secrets }: Platform,
  given: string | undefined,
): Promise<{ hash: string; made?: string }> {
  if (given !== undefined) return { hash: hashKey(given) };
  const { key, hash } = makeKey();
  const { value, created } = await secrets.getOrCreate('owner-key-hash', () => hash);
  return { hash: value, ...(created && { made: key }) };
}

async function signingKey({ secrets }: Platform): Promise<{ id: string; secret: string }> {
  const { value } = await secrets.getOrCreate('signing-key-1', () => randomBytes(32).toString('base64url'));
  return { id: '1', secret: value };
}

/** At the first start only: a later one would leave a way in, in a log that nobody reads. */
async function firstOwnerToken(
  { secrets }: Platform,
  identity: Pick<Identity, 'newOwnerToken'>,
): Promise<string | undefined> {
  const { created } = await secrets.getOrCreate('owner-link', () => 'shown');
  return created ? identity.newOwnerToken() : undefined;
}

function oidcOf({ oidcIssuer: issuer, oidcAudience: audience, ...claims }: Settings): {
  oidc?: OidcSettings;
} {
  if (issuer === undefined || audience === undefined) return {};
  const { oidcTenantClaim: tenantClaim, oidcRoleClaim: roleClaim } = claims;
  return { oidc: { issuer, audience, tenantClaim, roleClaim } };
}
