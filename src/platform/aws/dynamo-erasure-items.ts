import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { DoomedImage, Erasure, SignedReceipt } from '../../retention/erasure.ts';
import {
  attributes,
  type Item,
  integer,
  type Key,
  optionalInteger,
  optionalText,
  text,
} from './dynamo-items.ts';

/** As it was signed: nothing may be added or left out. */
const Receipt = z.custom<SignedReceipt>((value) => typeof value === 'object' && value !== null);

export function erasureKey(erasureId: string): Key {
  return { pk: `erasure#${erasureId}`, sk: 'erasure' };
}

/** The partition of marks of all that go on. */
export const UNFINISHED = 'unfinished-erasures';

export function unfinishedKey(erasureId: string): Key {
  return { pk: UNFINISHED, sk: erasureId };
}

export function erasureItem({ erasureId, tenantId, userId, askedBy, askedAt }: Erasure): Item {
  return attributes({
    ...erasureKey(erasureId),
    ...{ id: erasureId, tenant: tenantId, person: userId, asked_by: askedBy, asked_at: askedAt },
  });
}

export function erasureFrom(item: Item): Erasure {
  const finishedAt = optionalInteger(item, 'finished_at');
  const fault = optionalText(item, 'fault');
  const receipt = optionalText(item, 'receipt');
  return {
    erasureId: text(item, 'id'),
    tenantId: text(item, 'tenant'),
    userId: text(item, 'person'),
    askedBy: text(item, 'asked_by'),
    askedAt: integer(item, 'asked_at'),
    ...(finishedAt !== undefined && { finishedAt }),
    ...(fault !== undefined && { fault }),
    ...(receipt !== undefined && { receipt: Receipt.parse(JSON.parse(receipt)) }),
  };
}

/** What is noted of an erasure, each kind in a partition of its own. */
export const notes = {
  doomed: (erasureId: string) => `doomed#${erasureId}`,
  texts: (erasureId: string) => `erasure-texts#${erasureId}`,
  destroyed: (erasureId: string) => `destroyed#${erasureId}`,
};

export function doomedItem(erasureId: string, { imageId, sha256, objects, bytes }: DoomedImage): Item {
  return attributes({ pk: notes.doomed(erasureId), sk: imageId, sha256, objects, bytes });
}

export function doomedFrom(item: Item): DoomedImage {
  const sha256 = optionalText(item, 'sha256');
  const erasedAt = optionalInteger(item, 'erased_at');
  return {
    imageId: text(item, 'sk'),
    objects: integer(item, 'objects'),
    bytes: integer(item, 'bytes'),
    ...(sha256 !== undefined && { sha256 }),
    ...(erasedAt !== undefined && { erasedAt }),
  };
}

/** By a digest, as an address may be long. */
export function textItem(erasureId: string, text: string): Item {
  const sk = createHash('sha256').update(text).digest('base64url');
  return attributes({ pk: notes.texts(erasureId), sk, text });
}
