import { namesAddress } from '../../identity/mail-address.ts';
import { objectKeys } from '../../images/keys.ts';
import type { ObjectStore } from '../../images/object-store.ts';
import { isGone } from '../../images/states.ts';
import type { Who } from '../../retention/erasure.ts';
import { inParallel } from '../embedded/in-parallel.ts';
import { keysOf } from './dynamo-api-keys.ts';
import { canBeKey } from './dynamo-asked.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { imageFrom, imageKey } from './dynamo-image-items.ts';
import { invitationsOf } from './dynamo-invitations.ts';
import { type Item, optionalText, text } from './dynamo-items.ts';
import { waitingMails } from './dynamo-mails.ts';
import { memberKey, memberMarks } from './dynamo-member-items.ts';
import { AT_ONCE, getItem, itemsOf } from './dynamo-requests.ts';

export interface PersonSearchDeps {
  readonly table: DynamoTable;
  readonly objects: Pick<ObjectStore, 'head' | 'list'>;
}

/** Answers where something of a person, of images or of texts was found. */
export type PersonSearch = (
  who: Who,
  images: readonly string[],
  texts: readonly string[],
) => Promise<string[]>;

/** Ids shorter than this are words that may stand anywhere: `owner`. */
const TELLING_LENGTH = 16;

/**
 * Looks where people are named, by the keys of those places: the tenant's people, keys, invitations, settings, pipelines,
 * webhooks and subscriptions, mails that wait, and all that is kept of each image. Nothing else in the table holds more
 * than ids of images and digests.
 */
export function createPersonSearch({ table, objects }: PersonSearchDeps): PersonSearch {
  async function ofTenant(tenantId: string): Promise<[place: string, items: readonly Item[]][]> {
    const all = (partition: string) => itemsOf(table, { partition });
    const pipelines = await all(`pipelines#${tenantId}`);
    const versions = pipelines.map((item) => all(`pipeline#${tenantId}#${text(item, 'name')}`));
    return [
      ['settings', await all(`tenant#${tenantId}`)],
      ['pipelines', (await Promise.all(versions)).flat()],
      ['members', await all(memberMarks(tenantId))],
      ['API keys', await keysOf(table, tenantId)],
      ['invitations', await invitationsOf(table, tenantId)],
      ['webhooks', await all(`webhooks#${tenantId}`)],
      ['subscriptions', await all(`subscriptions#${tenantId}`)],
    ];
  }

  async function ofPerson({ tenantId, userId }: Who): Promise<string[]> {
    const item = canBeKey(userId) ? await getItem(table, memberKey(userId)) : undefined;
    return item && text(item, 'tenant') === tenantId ? ['members names the person'] : [];
  }

  async function ofImage(tenantId: string, imageId: string): Promise<string[]> {
    const found: string[] = [];
    const image = await getItem(table, imageKey(imageId));
    const record = image && imageFrom(image).record;
    if (record && (!isGone(record.status) || record.user_id !== '')) found.push(`record of ${imageId}`);
    const partial = await getItem(table, { pk: `partial#${imageId}`, sk: 'partial' });
    if (partial) found.push(`unfinished upload ${imageId}`);
    const letters = await itemsOf(table, { partition: `dead#${tenantId}#${imageId}` }, 1);
    if (letters.length > 0) found.push(`dead letter of ${imageId}`);
    if (await objects.head(objectKeys.original(tenantId, imageId))) found.push(`original of ${imageId}`);
    for (const prefix of ['processed', 'unfinished', 'derived']) {
      for await (const { key } of objects.list(`${prefix}/${tenantId}/${imageId}/`))
        found.push(`object ${key}`);
    }
    return found;
  }

  return async (who, images, texts) => {
    const found = await ofPerson(who);
    for (const [place, items] of await ofTenant(who.tenantId)) {
      const held = items.map((item) => JSON.stringify(item));
      if (held.some((json) => namesPerson(json, who.userId))) found.push(`${place} names the person`);
      if (texts.some((one) => held.some((json) => namesAddress(json, one)))) {
        found.push(`${place} holds a text of the person`);
      }
    }
    const mails = await waitingMails(table);
    const isNamed = (item: Item) =>
      texts.some((one) =>
        [optionalText(item, 'to'), optionalText(item, 'words')].some(
          (held) => held && namesAddress(held, one),
        ),
      );
    if (mails.some(isNamed)) found.push('a mail that waits holds a text of the person');
    await inParallel(images, AT_ONCE, async (imageId) => {
      found.push(...(await ofImage(who.tenantId, imageId)));
    });
    return found;
  };
}

/** A short id counts where it stands alone, as a value. */
function namesPerson(json: string, userId: string): boolean {
  const quoted = [JSON.stringify(userId), JSON.stringify(JSON.stringify(userId)).slice(1, -1)];
  return userId.length >= TELLING_LENGTH ? json.includes(userId) : quoted.some((one) => json.includes(one));
}
