import { v7 } from 'uuid';
import { actsOfEvents } from '../../audit/acts-of-events.ts';
import type { Act } from '../../audit/entry.ts';
import type { Clock } from '../../images/clock.ts';
import type { NewImageEvent } from '../../images/events.ts';
import type { PlatformLog } from '../platform.ts';
import { appendActs } from './dynamo-audit-items.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { attributes, type Item, keyOf, text } from './dynamo-items.ts';
import { firstOf } from './dynamo-merge.ts';
import { IS_THERE } from './dynamo-requests.ts';
import { SHARDS, shardOf, shardsOf } from './dynamo-shards.ts';
import { put, remove, type Step } from './dynamo-transact.ts';

/** With the entry and the removal of each, within the bounds of one transaction. */
const MOST_TOGETHER = 45;
const SOON_MS = 1_000;
/** For what a process left that has died, milliseconds. */
const EVERY_MS = 60_000;

export interface UntoldActsDeps {
  readonly table: DynamoTable;
  readonly clock: Clock;
  readonly log: Pick<PlatformLog, 'warn'>;
}

/**
 * What the trail is still to be told of what nobody asked for. It is written in the transaction that makes it true, and
 * told a moment later: all changes of a tenant at once would wait for each other at the head of its trail.
 */
export interface UntoldActs {
  /** For the transaction that changes an image. */
  steps(events: readonly NewImageEvent[]): Step[];
  /** Tells the trail of all that waits, each once, whoever else does. */
  tell(): Promise<void>;
  close(): Promise<void>;
}

/** Another process told it first. */
class ToldAlready extends Error {}

export function createUntoldActs({ table, clock, log }: UntoldActsDeps): UntoldActs {
  let soon: NodeJS.Timeout | undefined;
  let telling: Promise<void> = Promise.resolve();

  async function tellAll(): Promise<void> {
    for (;;) {
      const items = await firstOf(table, { partitions: PARTITIONS }, MOST_TOGETHER);
      if (items.length === 0) return;
      for (const ofOne of Map.groupBy(items, tenantOf).values()) await tellOf(ofOne);
    }
  }

  /** The trail has them, and they wait no more: both or neither. */
  async function tellOf(items: readonly Item[]): Promise<void> {
    const acts = items.map(actFrom);
    const alongside = () => items.map((item) => remove(keyOf(item), IS_THERE, () => new ToldAlready()));
    try {
      await appendActs(table, acts, { clock, alongside });
    } catch (error) {
      if (!(error instanceof ToldAlready)) throw error;
    }
  }

  /** One after the other, so that a process does not meet itself. */
  function tell(): Promise<void> {
    const next = telling.then(tellAll);
    telling = next.catch(() => {});
    return next;
  }

  const tellOrWarn = () =>
    tell().catch((error: unknown) => {
      log.warn(
        { err: error },
        'the trail could not be told of what waits; it is tried again within a minute',
      );
    });
  const interval = setInterval(() => void tellOrWarn(), EVERY_MS).unref();

  return {
    steps(events) {
      const acts = actsOfEvents(events);
      if (acts.length > 0) {
        soon ??= setTimeout(() => {
          soon = undefined;
          void tellOrWarn();
        }, SOON_MS).unref();
      }
      return acts.map((act) => put(untoldItem(act, clock.now())));
    },

    tell,

    async close() {
      clearInterval(interval);
      clearTimeout(soon);
      await tellOrWarn();
    },
  };
}

const NAME = 'untold';
const PARTITIONS = shardsOf(NAME, SHARDS.list);

function untoldItem(act: Act, now: number): Item {
  const id = v7({ msecs: now });
  const pk = `${NAME}#${shardOf(id, SHARDS.list)}`;
  return attributes({ pk, sk: id, act: JSON.stringify(act) });
}

/** As it was written here: the trail looks at it again before it takes it. */
function actFrom(item: Item): Act {
  return JSON.parse(text(item, 'act')) as Act;
}

function tenantOf(item: Item): string {
  return actFrom(item).tenant_id;
}
