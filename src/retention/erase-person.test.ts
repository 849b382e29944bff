import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Attestor, createAttestor, isAttested, newAttestationKey } from '../audit/attestation.ts';
import { eraseImage } from './erase.ts';
import { erasePerson } from './erase-person.ts';
import type { Erasures, PersonKeeper } from './erasure.ts';
import type { RetentionPorts } from './ports.ts';
import { sweep } from './sweep.ts';
import { Crash, type CrashPoint, crashingPorts } from './testing/crash.ts';
import {
  addPartial,
  addReady,
  addReceived,
  DAY,
  filesBelow,
  type House,
  MARKER,
  openHouse,
  storedKeys,
  TENANT,
} from './testing/house.ts';
import { bury } from './tombstone.ts';

/** Every image made in this house is this person's. */
const USER = `${MARKER}-user`;
const who = { tenantId: TENANT, userId: USER };

let house: House;
let erasures: Erasures;
let attestor: Attestor;
beforeEach(async () => {
  house = await openHouse();
  erasures = house.platform.erasures;
  attestor = await createAttestor(await newAttestationKey());
});
afterEach(() => house.close());

/** One of each state that somebody's image can be in, and messages and letters about them. */
async function fill(): Promise<{ imageIds: string[] }> {
  const { ports, platform, clock } = house;
  const ready = await addReady(ports);
  const received = await addReceived(ports);
  const partial = await addPartial(ports, { lifeMs: 30 * DAY });
  const expired = await addReady(ports, { lifeMs: 1 });
  clock.advance(10);
  const images = [ready, received, partial, expired].map(({ record }) => record.image_id);
  for (const imageId of [ready, received].map(({ record }) => record.image_id)) {
    await platform.queue.send(
      { v: 1, kind: 'run', tenant_id: TENANT, image_id: imageId, generation: 1 },
      { lane: 'interactive', dedupeId: `${imageId}/1` },
    );
  }
  const [delivery] = await platform.queue.receive({ max: 1, waitMs: 0, leaseMs: 1000 });
  if (delivery) await platform.queue.bury(delivery, { code: 'render_failed', message: 'no' });
  return { imageIds: images.sort() };
}

const deps = (parts: { ports?: RetentionPorts; erasures?: Erasures; keepers?: PersonKeeper[] } = {}) => ({
  ports: house.ports,
  erasures,
  attestor,
  keepers: [],
  ...parts,
});

/** Files in which the marker can be read; the trail and the receipt name the person by its id, and are let off here. */
async function markedFiles(): Promise<string[]> {
  const found: string[] = [];
  for (const path of await filesBelow(join(house.folder, 'data'))) {
    const content = (await readFile(path, 'latin1')).replaceAll(USER, '');
    if (content.includes(MARKER)) found.push(path);
  }
  return found;
}

describe('erasing a person', () => {
  it('leaves nothing of any image, whatever its state, and says so on a receipt', async () => {
    const { imageIds } = await fill();
    expect((await markedFiles()).length).toBeGreaterThan(5);
    const { receipt, signature } = await erasePerson(deps(), await erasures.begin(who, 'boss'));

    expect(receipt.images.map(({ image_id }) => image_id)).toEqual(imageIds);
    expect(receipt.images.map(({ objects }) => objects).sort()).toEqual([0, 1, 3, 3]);
    expect(receipt).toMatchObject({ user_id: USER, asked_by: 'boss', found: 0 });
    const document = { document: receipt, signature, type: 'darkroom-erasure-receipt' as const };
    expect(await isAttested(document, attestor.publicKeys)).toBe(true);

    expect(await storedKeys(house.ports)).toEqual([]);
    expect(await markedFiles()).toEqual([]);
    expect(await house.platform.queue.depth()).toMatchObject({ interactive: { waiting: 0, inFlight: 0 } });
    expect((await house.platform.queue.deadLetters.list({ tenantId: TENANT, limit: 9 })).letters).toEqual([]);
    const [entry] = (await house.platform.audit.list(TENANT, { limit: 1 })).entries;
    expect(entry).toMatchObject({ action: 'user.erased', target: USER, actor: { id: 'system' } });
  });

  it('leaves what others have', async () => {
    await fill();
    const theirs = await house.ports.catalog.create({
      generation: 0,
      record: {
        ...(await addReceived(house.ports)).record,
        image_id: '01900000-0000-7000-8000-000000000001',
        user_id: 'somebody-else',
        tags: {},
      },
    });
    await erasePerson(deps(), await erasures.begin(who, 'boss'));
    const { image_id: imageId } = theirs.stored.record;
    expect(await house.ports.catalog.read(TENANT, imageId)).toBeDefined();
  });

  it('is one piece of work, however often it is asked for', async () => {
    const [one, two] = await Promise.all([erasures.begin(who, 'a'), erasures.begin(who, 'b')]);
    expect(two).toEqual(one);
    expect(await erasures.unfinished()).toEqual([one]);
    await erasePerson(deps(), one);
    expect(await erasures.unfinished()).toEqual([]);
    expect((await erasures.begin(who, 'c')).erasureId).not.toBe(one.erasureId);
  });

  it('keeps what comes too late from being stored', async () => {
    await erasures.begin(who, 'boss');
    await expect(addReceived(house.ports)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('asks all who keep something of the person, and counts what went', async () => {
    const asked: unknown[] = [];
    const keeper: PersonKeeper = {
      forget: async (person) => {
        asked.push(person);
        return { sessions: 2 };
      },
    };
    const { receipt } = await erasePerson(deps({ keepers: [keeper] }), await erasures.begin(who, 'boss'));
    expect(asked).toEqual([who]);
    expect(receipt.destroyed).toEqual({ invitations: 0, sessions: 2 });
  });

  it('gives no receipt where something is still found, at another attempt neither', async () => {
    const { members } = house.platform;
    await members.join({ tenantId: TENANT, userId: 'another', email: 'Found@Example.com', role: 'viewer' });
    const erasure = await erasures.begin(who, 'boss');
    // At the second one the account is gone, and nobody but the note knows its address.
    for (const keepers of [[keeping('found@example.com')], []]) {
      const erasing = erasePerson(deps({ keepers }), erasure);
      await expect(erasing).rejects.toThrow(/members.email holds a text of the person/);
    }
    await members.remove(TENANT, 'another');
    await members.join({ tenantId: TENANT, userId: USER, role: 'viewer' });
    await expect(erasePerson(deps(), erasure)).rejects.toThrow(/members.user_id names the person/);
    expect((await erasures.find(TENANT, erasure.erasureId))?.receipt).toBeUndefined();
  });
});

/** A room that knows an address of the person. */
function keeping(address: string): PersonKeeper {
  return { textsOf: async () => [address], forget: async () => ({}) };
}

it('somebody else whose longer address ends or begins alike is no obstacle', async () => {
  const { members } = house.platform;
  for (const [userId, email] of Object.entries({ dan: 'dan@example.com', au: 'an@example.com.au' })) {
    await members.join({ tenantId: TENANT, userId, email, role: 'viewer' });
  }
  const { receipt } = await erasePerson(
    deps({ keepers: [keeping('an@example.com')] }),
    await erasures.begin(who, 'boss'),
  );
  expect(receipt.found).toBe(0);
});

it('of owners who all want to be erased one stays, and is told', async () => {
  const { members } = house.platform;
  for (const userId of ['ada', 'ben']) await members.join({ tenantId: TENANT, userId, role: 'owner' });
  await erasures.begin({ tenantId: TENANT, userId: 'ada' }, 'ada');
  const last = { code: 'last_owner' };
  await expect(erasures.begin({ tenantId: TENANT, userId: 'ben' }, 'ben')).rejects.toMatchObject(last);
  await expect(members.change(TENANT, 'ben', { role: 'viewer' })).rejects.toMatchObject(last);
  await members.join({ tenantId: TENANT, userId: 'cy', role: 'owner' });
  await erasures.begin({ tenantId: TENANT, userId: 'ben' }, 'ben');
});

it('who has moved to another tenant keeps the account there, and loses what is here', async () => {
  const image = await addReady(house.ports);
  await house.platform.members.join({ tenantId: 'elsewhere', userId: USER, role: 'viewer' });
  const { receipt } = await erasePerson(deps(), await erasures.begin(who, 'boss'));
  expect(receipt.images).toMatchObject([{ image_id: image.record.image_id }]);
  expect(await house.platform.members.find(USER)).toMatchObject({ tenantId: 'elsewhere' });
});

describe('a crash during it', () => {
  it.each(['before', 'after'] as const)('is made good by the next start, %s any call', async (moment) => {
    let call = 0;
    for (let reached = true; reached; ) {
      call += 1;
      await house.close();
      house = await openHouse();
      erasures = house.platform.erasures;
      const image = await addReady(house.ports);
      await bury(house.ports, await addReady(house.ports), 'erased');
      const erasure = await erasures.begin(who, 'boss');
      await erasures.noteTexts(erasure.erasureId, [`${MARKER}@example.com`]);
      reached = await dieAt({ call, moment }, () => erasure);
      // What the next start does; a sweep may come first.
      if (call % 2 === 0) await sweep(house.ports);
      for (const unfinished of await erasures.unfinished()) await erasePerson(deps(), unfinished);
      const { receipt } = (await erasures.find(TENANT, erasure.erasureId)) ?? {};
      expect(receipt?.receipt.images, `crash at call ${call}`).toMatchObject([
        { image_id: image.record.image_id, objects: 3 },
      ]);
      await sweep(house.ports);
      expect(await storedKeys(house.ports)).toEqual([]);
      expect(await markedFiles()).toEqual([]);
    }
    expect(call).toBeGreaterThan(15);
  });

  async function dieAt(
    point: CrashPoint,
    erasure: () => Awaited<ReturnType<Erasures['begin']>>,
  ): Promise<boolean> {
    const all = { ...house.ports, erasures } as RetentionPorts & { erasures: Erasures };
    const { ports, reached } = crashingPorts(all, point);
    try {
      await erasePerson(deps({ ports, erasures: (ports as typeof all).erasures }), erasure());
    } catch (error) {
      if (!(error instanceof Crash) && !(error instanceof TypeError)) throw error;
    }
    return reached();
  }
});

it('an image that its owner erases meanwhile is no obstacle', async () => {
  const image = await addReady(house.ports);
  const erasure = await erasures.begin(who, 'boss');
  await erasures.doom(erasure.erasureId, [{ imageId: image.record.image_id, objects: 3, bytes: 9 }]);
  await eraseImage(house.ports, { tenantId: TENANT, imageId: image.record.image_id });
  const { receipt } = await erasePerson(deps(), erasure);
  expect(receipt.images).toHaveLength(1);
});
