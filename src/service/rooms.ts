import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import manifest from '../../package.json' with { type: 'json' };
import { startAuditing } from '../audit/start-auditing.ts';
import type { Settings } from '../config.ts';
import { createSigner } from '../delivery/signing.ts';
import { createMetrics } from '../http/metrics.ts';
import { createKeyVerifier, type FirstKey } from '../identity/key-verifier.ts';
import type { OidcSettings } from '../identity/oidc.ts';
import { createPeople } from '../identity/people.ts';
import { systemClock } from '../images/clock.ts';
import { createIntake } from '../intake/receive.ts';
import { createAllowance } from '../limits/allowance.ts';
import { createMemoryBuckets } from '../limits/memory-buckets.ts';
import { createLiveEvents } from '../notices/live-events.ts';
import { withPolledBells } from '../notices/polled-bells.ts';
import { createSinks } from '../notices/sinks.ts';
import { withDefaultPipeline } from '../pipeline/given-pipelines.ts';
import { addCheckpoint, checkpointFile, readCheckpoints } from '../platform/embedded/checkpoint-file.ts';
import { forgetMails } from '../platform/embedded/forget-mails.ts';
import { mailboxFolder, openMailer } from '../platform/open-mailer.ts';
import type { Platform } from '../platform/platform.ts';
import { createEraser } from '../retention/eraser.ts';
import { personKeepers } from '../retention/person-keepers.ts';
import { tenantRetentionMs } from '../tenants/settings.ts';
import { createTenants } from '../tenants/tenants.ts';
import { bucketCopies } from './buckets.ts';
import { kafkaEvents } from './kafka.ts';
import { openNotices, snsNotices } from './notices.ts';
import { openPlatform } from './platform.ts';
import { signingKey } from './secrets.ts';

/** How soon a process looks for erasures that another one was asked for, milliseconds. */
const ERASURES_EVERY_MS = 10_000;

export type Rooms = Awaited<ReturnType<typeof openRooms>>;

/** The rooms that all roles use, over one platform. Nothing in them runs by itself yet. */
export async function openRooms(settings: Settings, log: Logger) {
  const clock = systemClock;
  const opened = await openPlatform(settings, { clock, log });
  const platform: Platform = { ...opened, pipelines: withDefaultPipeline(opened.pipelines) };
  const { secrets, isShared } = platform;
  const version = manifest.version;

  let ownUrl = '';
  const publicUrl = () => settings.publicUrl ?? ownUrl;
  let wakeRelay = () => {};
  const wake = () => wakeRelay();

  const firstKey = Promise.withResolvers<FirstKey>();
  const keys = createKeyVerifier({ ...platform, clock, first: firstKey.promise });
  const tenants = createTenants({ store: platform.tenants, clock });
  const auditing = await startAuditing({ ...platform, clock, log, ...checkpointsBeside(settings) });
  const heard = createLiveEvents();
  const live = isShared ? withPolledBells(heard, { events: platform.events, log }) : heard;
  const { notices, links } = await openNotices(settings, {
    ...{ platform, clock, log, publicUrl, version },
    wakeMail: () => people.wakeMail(),
  });
  const sinks = createSinks({ lines: platform.sinkLines, log }, [
    notices.sink,
    ...(await bucketCopies(settings, platform)),
    ...(await kafkaEvents(settings, log)),
    ...(await snsNotices(settings, publicUrl)),
  ]);
  const metrics = createMetrics({ version });
  metrics.watch({ queue: platform.queue, upkeep: platform.upkeep, listeners: () => live.listeners });
  const buckets = createMemoryBuckets();
  const allowance = createAllowance({ tenants, usage: platform.usage, buckets, clock });
  const intake = createIntake({
    ...platform,
    ...{ allowance, clock, wake, publicUrl },
    retentionMs: async (tenantId) =>
      tenantRetentionMs(await tenants.settings(tenantId), settings.retentionMs),
    uploadExpiryMs: settings.uploadExpiryMs,
    maxUploadBytes: settings.maxUploadBytes,
    maxDirectUploadBytes: settings.maxDirectUploadBytes,
  });
  const people = await createPeople({
    ...platform,
    ...{ clock, log, publicUrl, links },
    mailer: await openMailer(settings),
    signUpMode: settings.signUpMode,
    tokenKeyLifeMs: settings.tokenKeyLifeMs,
    ...oidcOf(settings),
  });
  const mailbox = mailboxFolder(settings);
  const retention = { ...platform, clock };
  const eraser = createEraser({
    ...{ ports: retention, erasures: platform.erasures, attestor: auditing.attestor, log, wake },
    ...(isShared && { retryMs: ERASURES_EVERY_MS }),
    keepers: personKeepers({
      ...{ ...platform, keys, identity: people.identity },
      forgetMails: (address: string) => forgetMails(mailbox, address),
    }),
  });

  return {
    ...{ settings, log, clock, version, platform, publicUrl, wake },
    ...{ keys, firstKey, tenants, auditing, live, notices, sinks, metrics, buckets, allowance },
    ...{ intake, people, retention, eraser },
    signer: createSigner({ keys: [await signingKey(secrets)] }),
    /** of this process, and of no other */
    processId: randomUUID(),
    /** from now on, links begin with this where the settings do not say otherwise */
    listensAt(url: string) {
      ownUrl = url;
    },
    /** `relay` is to be called when there is an event to hand on */
    wakes(relay: () => void) {
      wakeRelay = relay;
    },
  };
}

/** A second place for checkpoints, beside the data; where machines share nothing but the cloud, it is their logs. */
function checkpointsBeside({ platform, dataDir }: Settings) {
  if (platform !== 'embedded') return { keepElsewhere: async () => {}, keptElsewhere: async () => [] };
  const path = checkpointFile(dataDir);
  return {
    keepElsewhere: (checkpoint: Parameters<typeof addCheckpoint>[1]) => addCheckpoint(path, checkpoint),
    keptElsewhere: () => readCheckpoints(path),
  };
}

function oidcOf({ oidcIssuer: issuer, oidcAudience: audience, ...claims }: Settings): {
  oidc?: OidcSettings;
} {
  if (issuer === undefined || audience === undefined) return {};
  const { oidcTenantClaim: tenantClaim, oidcRoleClaim: roleClaim } = claims;
  return { oidc: { issuer, audience, tenantClaim, roleClaim } };
}
