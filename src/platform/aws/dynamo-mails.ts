import { v7 } from 'uuid';
import { z } from 'zod';
import type { Clock } from '../../images/clock.ts';
import {
  type MailOrder,
  type MailOutbox,
  mailTemplates,
  type PendingMail,
} from '../../notices/mail-outbox.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { attributes, type Item, integer, type Key, keyOf, optionalText, text } from './dynamo-items.ts';
import { firstOf } from './dynamo-merge.ts';
import {
  deleteItem,
  getItem,
  getItems,
  IS_THERE,
  itemsOf,
  updateItem,
  writeBatch,
} from './dynamo-requests.ts';
import { SHARDS, shardOf, shardsOf } from './dynamo-shards.ts';
import { placeOf, sortable } from './dynamo-times.ts';
import { put, type Step, transact } from './dynamo-transact.ts';

/** milliseconds for which nobody else takes a mail that somebody has taken */
const LEASE_MS = 2 * 60_000;
/** Mails looked at for one that is free. */
const LOOKED_AT = 25;
const HEAP = 'mails';
const Words = z.record(z.string(), z.string());
const Template = z.enum(mailTemplates);

export interface DynamoMailsDeps {
  readonly table: DynamoTable;
  readonly clock: Clock;
  /** A new token for a ticket; undefined where the ticket has gone. Without it, no mail can carry a token. */
  readonly mint?: (ticketId: string) => Promise<string | undefined>;
}

/** Mails that wait, by the time of their next try. What is about a subscription has a mark there, to go with it. */
export function createDynamoMails({ table, clock, mint }: DynamoMailsDeps): MailOutbox {
  /** The mail is ours until the lease ends; undefined where somebody else was faster. */
  async function claim(item: Item): Promise<Item | undefined> {
    const [id, next] = [text(item, 'id'), integer(item, 'next')];
    const until = clock.now() + LEASE_MS;
    return updateItem(
      table,
      mailKey(id),
      {
        expression: 'SET #next = :until, ds = :ds, tries = tries + :one',
        names: { '#next': 'next' },
        values: attributes({ ':until': until, ':ds': placeOf(until, id), ':one': 1 }),
      },
      { expression: '#next = :next', values: attributes({ ':next': next }) },
    );
  }

  /** undefined where its ticket has gone: the mail is pointless. */
  async function ready(item: Item): Promise<PendingMail | undefined> {
    const ticketId = optionalText(item, 'ticket');
    const token = ticketId === undefined ? undefined : await mint?.(ticketId);
    return ticketId === undefined || token !== undefined ? mailFrom(item, token) : undefined;
  }

  async function drop(mailId: string): Promise<void> {
    const item = await getItem(table, mailKey(mailId));
    const about = item && optionalText(item, 'about');
    // The mark last: it is of no use without its mail, and harmless.
    await deleteItem(table, mailKey(mailId));
    if (about !== undefined) await deleteItem(table, markKey(about, mailId));
  }

  return {
    async post(order) {
      const steps = postingSteps(order, clock.now());
      await transact(table, () => steps);
    },

    async take() {
      for (;;) {
        const now = clock.now();
        const stretch = { index: 'due', partitions: shardsOf(HEAP, SHARDS.global) } as const;
        const places = await firstOf(table, { ...stretch, to: sortable(now + 1) }, LOOKED_AT);
        const items = await getItems(table, places.map(keyOf));
        const free = items.filter((item) => integer(item, 'next') <= now).sort(byNext);
        let claimed: Item | undefined;
        for (const item of free) {
          claimed = await claim(item);
          if (claimed) break;
        }
        if (!claimed) return undefined;
        const mail = await ready(claimed);
        if (mail) return mail;
        await drop(text(claimed, 'id'));
      }
    },

    sent: drop,
    drop,

    async postpone(mailId, until) {
      const change = {
        expression: 'SET #next = :until, ds = :ds',
        names: { '#next': 'next' },
        values: attributes({ ':until': until, ':ds': placeOf(until, mailId) }),
      };
      await updateItem(table, mailKey(mailId), change, IS_THERE);
    },
  };
}

/** The steps that put a mail into the outbox, with whatever else is to be true then. */
export function postingSteps({ to, template, words = {}, ticketId }: MailOrder, now: number): Step[] {
  const id = v7({ msecs: now });
  const about = words.subscription_id;
  const mail = attributes({
    ...mailKey(id),
    ...{ id, to, template, words: JSON.stringify(words), ticket: ticketId, about, tries: 0, next: now },
    ...{ dp: `${HEAP}#${shardOf(id, SHARDS.global)}`, ds: placeOf(now, id) },
  });
  // Made again, it is the same mail: nobody else has its id.
  return [put(mail), ...(about === undefined ? [] : [put(attributes({ ...markKey(about, id) }))])];
}

/** Deletes the mails about a subscription that wait. */
export async function removeMailsAbout(table: DynamoTable, subscriptionId: string): Promise<void> {
  const marks = (await itemsOf(table, { partition: marksOf(subscriptionId) })).map(keyOf);
  await writeBatch(table, { remove: marks.map(({ sk }) => mailKey(sk)) });
  await writeBatch(table, { remove: marks });
}

/** All mails that wait, of all tenants: to be looked through after an erasure. */
export async function waitingMails(table: DynamoTable): Promise<Item[]> {
  const partitions = shardsOf(HEAP, SHARDS.global);
  const places = await Promise.all(
    partitions.map((partition) => itemsOf(table, { index: 'due', partition })),
  );
  return getItems(table, places.flat().map(keyOf));
}

function mailKey(mailId: string): Key {
  return { pk: `mail#${mailId}`, sk: 'mail' };
}

const marksOf = (subscriptionId: string) => `mails-about#${subscriptionId}`;

function markKey(subscriptionId: string, mailId: string): Key {
  return { pk: marksOf(subscriptionId), sk: mailId };
}

function mailFrom(item: Item, token: string | undefined): PendingMail {
  return {
    mailId: text(item, 'id'),
    to: text(item, 'to'),
    template: Template.parse(text(item, 'template')),
    words: Words.parse(JSON.parse(text(item, 'words'))),
    tries: integer(item, 'tries'),
    ...(token !== undefined && { token }),
  };
}

function byNext(one: Item, other: Item): number {
  return integer(one, 'next') - integer(other, 'next') || (text(one, 'id') < text(other, 'id') ? -1 : 1);
}
