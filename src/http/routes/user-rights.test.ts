import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromBuffer } from 'yauzl';
import { isAttested } from '../../audit/attestation.ts';
import type { AuditEntry } from '../../audit/entry.ts';
import { verifyTrail } from '../../audit/verify-trail.ts';
import { filesBelow } from '../../platform/embedded/testing/data-folder.ts';
import { type Caller, newCaller } from '../testing/access-world.ts';
import {
  authorised,
  type House,
  openHouse,
  problemOf,
  sampleBytes,
  stranger,
  TENANT,
} from '../testing/house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const as = ({ key }: Caller, init: RequestInit = {}) =>
  authorised({ ...init, headers: { ...init.headers, authorization: `Bearer ${key}` } });

/** A photograph with a text behind its last byte, where decoders do not look. */
async function photographWith(text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(Buffer.concat([await sampleBytes('rocket.jpg'), Buffer.from(text)]));
}

async function uploadAs(caller: Caller, body: Uint8Array<ArrayBuffer>, query: string): Promise<string> {
  const sent = await house.app.request(`/v1/images?${query}`, as(caller, { method: 'POST', body }));
  const { image_id: imageId } = (await sent.json()) as { image_id: string };
  await house.app.request(`/v1/image/${imageId}?wait=ready`, as(caller));
  return imageId;
}

/** The names and contents of an archive, read to its end by somebody else's code. */
function unzipped(archive: Buffer): Promise<Map<string, Buffer>> {
  return new Promise((resolve, reject) => {
    const files = new Map<string, Buffer>();
    fromBuffer(archive, { lazyEntries: true }, (fault, zip) => {
      if (fault || !zip) return reject(fault);
      zip.on('entry', (entry) =>
        zip.openReadStream(entry, async (error, stream) => {
          if (error || !stream) return reject(error);
          const pieces: Buffer[] = [];
          for await (const piece of stream) pieces.push(piece as Buffer);
          files.set(entry.fileName, Buffer.concat(pieces));
          zip.readEntry();
        }),
      );
      zip.on('end', () => resolve(files));
      zip.on('error', reject);
      zip.readEntry();
    });
  });
}

describe('an export', () => {
  it('holds originals as they were sent, records, account and trail', async () => {
    const caller = await newCaller(house, 'editor');
    const body = await photographWith('');
    const first = await uploadAs(caller, body, 'filename=../../evil.jpg');
    const second = await uploadAs(caller, body, 'filename=b.jpg');
    const id = encodeURIComponent(caller.userId);
    const answer = await house.call(`/v1/users/${id}/export`);
    expect(answer.headers.get('content-type')).toBe('application/zip');
    const files = await unzipped(Buffer.from(await answer.arrayBuffer()));
    const names = [...files.keys()].sort();
    expect(names).toHaveLength(6);
    expect(names).toEqual(
      expect.arrayContaining([
        'person.json',
        'trail.jsonl',
        `records/${first}.json`,
        `records/${second}.json`,
      ]),
    );
    expect(files.get(`originals/${second}/b.jpg`)).toEqual(Buffer.from(body));
    expect(JSON.parse(`${files.get('person.json')}`)).toMatchObject({
      user_id: caller.userId,
      role: 'editor',
    });
    const trail = `${files.get('trail.jsonl')}`
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditEntry);
    expect(trail.every(({ actor }) => actor.id === caller.userId)).toBe(true);
    expect(trail.map(({ image_id }) => image_id)).toEqual(expect.arrayContaining([first, second]));
  });

  it.each([
    ['GET', '/export'],
    ['DELETE', ''],
  ])('%s of somebody whom the tenant does not have is not found', async (method, path) => {
    const { userId } = await newCaller(house, 'viewer');
    const foreign = house.appWith({ authenticate: () => stranger });
    const unknown = await house.call(`/v1/users/nobody${path}`, { method });
    expect(await problemOf(unknown)).toMatchObject({ status: 404, code: 'user_not_found' });
    const theirs = await foreign.request(
      `/v1/users/${encodeURIComponent(userId)}${path}`,
      authorised({ method }),
    );
    expect(await problemOf(theirs)).toMatchObject({ status: 404, code: 'user_not_found' });
  });
});

describe('an erasure', () => {
  it('leaves no trace of a marker in any file, other people what is theirs, and a receipt', async () => {
    const marker = randomBytes(32).toString('hex');
    const email = `${marker}@example.com`;
    const anna = await newCaller(house, 'editor');
    const bert = await newCaller(house, 'editor');
    await house.platform.members.remove(TENANT, anna.userId);
    await house.platform.members.join({ tenantId: TENANT, userId: anna.userId, email, role: 'editor' });
    await house.platform.subscriptionStore.add({
      ...{ subscriptionId: 'sub_anna', tenantId: TENANT, address: email, eventTypes: ['image.ready'] },
      ...{ mode: 'digest', intervalMs: 60_000, createdAt: house.clock.now() },
    });
    const bytes = await photographWith(marker);
    const query = `filename=${marker}.jpg&tag.${marker.slice(0, 32)}=${marker}`;
    const imageId = await uploadAs(anna, bytes, query);
    const plain = await sampleBytes('rocket.jpg');
    const hers = await uploadAs(anna, plain, 'filename=same.jpg');
    const his = await uploadAs(bert, plain, 'filename=same.jpg');
    await house.app.request(`/i/${imageId}/a.jpg?w=123`);
    expect(await filesWithText(marker)).not.toEqual([]);

    const id = encodeURIComponent(anna.userId);
    const answer = await house.call(`/v1/users/${id}`, { method: 'DELETE' });
    expect(answer.status).toBe(200);
    const { status, receipt } = (await answer.json()) as {
      status: string;
      receipt: { receipt: { images: { image_id: string }[]; destroyed: unknown }; signature: string };
    };
    expect(status).toBe('done');
    expect(receipt.receipt.images.map(({ image_id }) => image_id)).toEqual([imageId, hers]);
    expect(receipt.receipt.destroyed).toMatchObject({ memberships: 1, api_keys: 1, subscriptions: 1 });
    const keys = (await (await house.app.request('/.well-known/darkroom-keys.json')).json()) as { keys: [] };
    const document = {
      document: receipt.receipt,
      signature: receipt.signature,
      type: 'darkroom-erasure-receipt' as const,
    };
    expect(await isAttested(document, keys)).toBe(true);
    expect(await isAttested({ ...document, document: { ...receipt.receipt, found: 1 } }, keys)).toBe(false);

    expect(await filesWithText(marker)).toEqual([]);
    expect(house.logText()).not.toContain(marker);
    for (const path of [`/i/${imageId}/a.jpg?w=123`, `/v1/image/${imageId}`, `/v1/image/${hers}/original`]) {
      expect((await house.call(path)).status, path).toBe(404);
    }
    expect((await house.app.request('/v1/images', as(anna))).status).toBe(401);
    expect((await house.call(`/v1/image/${his}/original`)).status).toBe(200);
    const { audit } = house.platform;
    expect((await audit.list(TENANT, { actor: anna.userId, limit: 9 })).entries.length).toBeGreaterThan(0);
    expect(await verifyTrail(TENANT, audit.lines(TENANT))).toMatchObject({ sound: true });
  });

  it('can be looked up afterwards, by the tenant that asked for it', async () => {
    const { userId } = await newCaller(house, 'viewer');
    const answer = await house.call(`/v1/users/${encodeURIComponent(userId)}`, { method: 'DELETE' });
    const erasure = (await answer.json()) as { erasure_id: string };
    const path = `/v1/erasures/${erasure.erasure_id}`;
    expect(await (await house.call(path)).json()).toEqual(erasure);
    const foreign = house.appWith({ authenticate: () => stranger });
    expect((await foreign.request(path, authorised())).status).toBe(404);
  });

  it('of the only owner is refused', async () => {
    const owner = await newCaller(house, 'owner');
    const answer = await house.call(`/v1/users/${encodeURIComponent(owner.userId)}`, { method: 'DELETE' });
    expect(await problemOf(answer)).toMatchObject({ code: 'last_owner' });
  });
});

async function filesWithText(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const path of await filesBelow(house.folder))
    if ((await readFile(path)).includes(text)) found.push(path);
  return found;
}
