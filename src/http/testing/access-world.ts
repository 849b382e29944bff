import type { CallObject } from '../../identity/call-table.ts';
import { invitationHash } from '../../identity/invitations.ts';
import { makeKey } from '../../identity/key-format.ts';
import type { Permission, Role } from '../../identity/permissions.ts';
import { newImageId } from '../../images/keys.ts';
import { anImage } from '../../images/testing/images.ts';
import { makeSecret } from '../../notices/webhooks/signature.ts';
import { defaultPipeline } from '../../pipeline/default-pipeline.ts';
import { newKey, withKey } from '../../tenants/signing-keys.ts';
import { type House, TENANT } from './house.ts';

/** Somebody who calls: a member with an API key. */
export interface Caller {
  readonly userId: string;
  readonly role: Role;
  readonly key: string;
}

export const FOREIGN = 'another-tenant';

/** A new member of the house's tenant, and a key of this person's. */
export async function newCaller(
  { platform }: House,
  role: Role,
  scopes?: readonly Permission[],
): Promise<Caller> {
  const { key, keyId, hash } = makeKey();
  const userId = `${role} ${keyId}`;
  await platform.members.join({ tenantId: TENANT, userId, role });
  const grant = { role, ...(scopes && { scopes }) };
  await platform.apiKeys.add({ keyId, hash, tenantId: TENANT, userId, name: `of ${role}`, ...grant });
  return { userId, role, key };
}

/** To whom a thing belongs that is asked for. */
export interface Owner {
  readonly tenantId: string;
  readonly userId: string;
}

export type MakeObject = (house: House, owner: Owner) => Promise<string>;

/** Makes a thing and answers its id. */
export const makeObject: Readonly<Record<CallObject, MakeObject>> = {
  async image({ platform, clock }, { tenantId, userId }) {
    const image = anImage(clock.now(), { tenant_id: tenantId, user_id: userId });
    return (await platform.catalog.create(image)).stored.record.image_id;
  },

  async upload({ services }, { tenantId, userId }) {
    const { stored } = await services.intake.reserve({
      tenantId,
      userId,
      source: 'resumable',
      request: { filename: 'a.jpg', size: 100 },
    });
    return stored.record.image_id;
  },

  async pipeline({ platform }, { tenantId }) {
    const name = `p-${randomId()}`;
    await platform.pipelines.put(tenantId, { ...defaultPipeline, name });
    return name;
  },

  async dead_letter({ platform: { queue }, clock }, { tenantId }) {
    const image_id = newImageId(clock.now());
    const work = { v: 1, kind: 'run', tenant_id: tenantId, image_id, generation: 1 } as const;
    await queue.send(work, { lane: 'interactive', dedupeId: image_id });
    for (const delivery of await queue.receive({ max: 10, waitMs: 0, leaseMs: 1000 })) {
      await queue.bury(delivery, { code: 'render_failed', message: 'for a test' });
    }
    const { letters } = await queue.deadLetters.list({ tenantId, limit: 1 });
    return letters[0]?.id ?? '';
  },

  async key({ platform }, { tenantId, userId }) {
    const { keyId, hash } = makeKey();
    await platform.apiKeys.add({ keyId, hash, tenantId, userId, name: 'a thing', role: 'viewer' });
    return keyId;
  },

  async person({ platform }, { tenantId }) {
    const userId = randomId();
    await platform.members.join({ tenantId, userId, email: `${userId}@example.com`, role: 'viewer' });
    return userId;
  },

  async invitation({ platform, clock }, { tenantId, userId }) {
    const { invitationId } = await platform.invitations.add({
      tenantId,
      email: `${randomId()}@example.com`,
      role: 'viewer',
      invitedBy: userId,
      tokenHash: invitationHash(randomId()),
      expiresAt: clock.now() + 60_000,
    });
    return invitationId;
  },

  async webhook({ platform, clock }, { tenantId }) {
    const webhookId = `wh_${randomId()}`;
    await platform.webhookStore.create({
      ...{
        webhookId,
        tenantId,
        url: 'https://receiver.invalid/',
        description: '',
        eventTypes: ['image.ready'],
      },
      ...{ isActive: true, secrets: [{ secret: makeSecret() }], createdAt: clock.now(), version: 1 },
    });
    return webhookId;
  },

  async subscription({ platform, clock }, { tenantId }) {
    const subscriptionId = `sub_${randomId()}`;
    await platform.subscriptionStore.add({
      ...{ subscriptionId, tenantId, address: `${randomId()}@example.com`, eventTypes: ['image.ready'] },
      ...{ mode: 'digest', intervalMs: 3_600_000, createdAt: clock.now() },
    });
    return subscriptionId;
  },

  async erasure({ platform }, { tenantId }) {
    const { erasureId } = await platform.erasures.begin({ tenantId, userId: randomId() }, 'a test');
    return erasureId;
  },

  async signing_key({ services, clock }, { tenantId }) {
    const key = newKey(clock.now());
    await services.tenants.change(tenantId, (settings) =>
      withKey({ ...settings, signing_keys: [] }, key, clock.now()),
    );
    return key.id;
  },
};

/** An id of the same shape as that of a thing which there is. */
export function unknownLike(id: string): string {
  const other = newImageId(0);
  return id.length === other.length ? other : `${id.slice(0, -3)}${id.endsWith('000') ? '111' : '000'}`;
}

function randomId(): string {
  return newImageId(Date.now());
}
