import type { Deriver } from '../delivery/derive.ts';
import { permitByTenant } from '../delivery/permission.ts';
import { createTenantLinks } from '../delivery/tenant-links.ts';
import { type App, createApp } from '../http/app.ts';
import { createAuthentication } from '../http/authentication.ts';
import type { Services } from '../http/services.ts';
import { createClientOf } from '../http/trusted-proxies.ts';
import { createResumable } from '../intake/resumable.ts';
import { createUploadLinks } from '../intake/upload-links.ts';
import { eraseImage } from '../retention/erase.ts';
import { exportPerson } from '../retention/export-person.ts';
import { zipStream } from '../retention/zip-stream.ts';
import type { Rooms } from './rooms.ts';

/** The HTTP API over the rooms. */
export function buildApi(
  rooms: Rooms,
  { deriver, ...health }: { readonly deriver: Deriver } & Pick<Services, 'faults' | 'roles'>,
): App {
  const { settings, log, clock, version, platform, publicUrl, wake, intake, signer, metrics } = rooms;
  const { keys, tenants, live, buckets, auditing, people, notices, eraser, retention } = rooms;
  const { identity, readToken, tokenKeySet, sendInvitation } = people;
  const { trail, attestor, verifyTrail } = auditing;
  const erase = (tenantId: string, imageId: string) => eraseImage(retention, { tenantId, imageId });
  return createApp({
    ...platform,
    ...{ live, intake, wake, signer, tenants, deriver, keys, metrics, clock, publicUrl, version, log },
    ...{ trail, attestor, verifyTrail, eraser, identity, tokenKeySet, sendInvitation },
    ...{ webhooks: notices.webhooks, subscriptions: notices.subscriptions },
    ...health,
    uploadLinks: createUploadLinks({ signer, publicUrl }),
    resumable: createResumable({ intake, publicUrl, uploadExpiryMs: settings.uploadExpiryMs, erase }),
    eraseImage: ({ tenantId, imageId }) => erase(tenantId, imageId),
    links: createTenantLinks({ tenants, clock }),
    permit: permitByTenant({ tenants, clock }),
    exportPerson: (who) => zipStream(exportPerson({ ...platform, identity, clock }, who)),
    authenticate: createAuthentication({ keys, members: platform.members, readToken }),
    clientOf: createClientOf(settings.trustedProxies ?? []),
    rateLimits: { buckets, factor: settings.rateLimit },
    ...(settings.metricsToken !== undefined && { metricsToken: settings.metricsToken }),
  });
}
